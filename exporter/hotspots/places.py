"""Observations around which their label is hardly ever named, though much else of its order is.

An observation is out of range where the label is named less than half as often as its order lets expect
(`crowd.Crowd.numbers`): a label must be common elsewhere for that. What iNaturalist itself says (out of the
range map, or among the most anomalous twentieth of the dump's scores) counts for any label.
"""

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.observed import Observed
from exporter.tree import Bools, Ints

#: From this on a label is out of range: half as often, counting one more of both.
OUT_OF_RANGE = -np.log(2.0)


def out_of_range(observed: Observed, place: Ints, surplus: Floats) -> Bools:
    """Return which observations (places among the observed) are out of their label's range.

    ``surplus``: by observation, the second of what `crowd.Crowd.numbers` gives of its label.
    """
    is_told = observed.is_out_of_range[place] | observed.are_anomalous(place)
    # The half itself counts, whichever way its logarithm was rounded.
    result: Bools = is_told | (surplus <= OUT_OF_RANGE + 1e-9)
    return result
