"""What the search for wrong labels gives: three tables, and what their columns mean.

No table has a column about a person: skill is estimated inside the computation and stays there.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from exporter.criteria import GENUS_RANK_LEVEL, SPECIES_RANK_LEVEL
from exporter.messages import Message
from exporter.tree import Bools

if TYPE_CHECKING:
    from exporter.hotspots.learned import Learned


class Kind(StrEnum):
    """How labels of a taxon come to be wrong.

    lookalike:    it is taken for one other taxon, or nothing more particular is known.
    collapse:     suggestions put the species of a genus under this one.
    vision_loop:  its labels that came from a suggestion are overturned far more often than the others.
    out_of_range: its doubtful labels lie where it is hardly ever named, though much else of its order is.
    model:        a trained model contradicts its labels.
    """

    LOOKALIKE = "lookalike"
    COLLAPSE = "collapse"
    VISION_LOOP = "vision_loop"
    OUT_OF_RANGE = "out_of_range"
    MODEL = "model"


class Evidence(StrEnum):
    """What was known of an observation, from most to least.

    identifications: who named what, when, after seeing which label.
    votes:           how many agree and disagree, and the quality grade.
    records:         the quality grade, the place, the anomaly score.
    """

    IDENTIFICATIONS = "identifications"
    VOTES = "votes"
    RECORDS = "records"


#: One row a label, worst first: those that somebody overturned, those that nobody did, the coarse ones. The
#: first fourteen columns and ``is_coarse`` are those of the command ``hotspots``.
#:
#: labels               observations with this label that the next export could draw
#: expected_wrong       how many of them are wrong, with a 90 % interval
#: from_vision          of the labels, those first named by a computer-vision suggestion
#: reviewed             observations that carried this label when somebody else identified them
#: overturned           of these, those where somebody named a taxon outside it, or said that it is wrong
#: exported_photos      photos of the labels that the next export is expected to take
#: kinds                every pattern that applies; ``kind`` is the one that explains most wrong labels
#: evidence             what was known of most of the labels
#: suggested_*, unaided_*  reviewed and overturned, apart by the origin of the label
#: vision_q_value       are suggested labels overturned more often? Benjamini-Hochberg over all taxa
#: suggested_share      share of its genus's suggestions that name it
#: skilled_share        share of its genus's identifications by attentive reviewers that name it
#: collapse_q_value     do these two differ in its genus? Benjamini-Hochberg over all genera
#: expected_wrong_photos  wrong photos expected in the next export
#: leave_at_taxon_id    where attentive people stop at a genus: leave the identification there
#: is_coarse            above species, and not a genus that is the class: it could be identified further
HOTSPOTS = pa.schema(
    [
        ("rank", pa.int32()),
        ("taxon_id", pa.int64()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("confused_with_taxon_id", pa.int64()),
        ("confused_with_name", pa.string()),
        ("labels", pa.int64()),
        ("expected_wrong", pa.float64()),
        ("expected_wrong_low", pa.float64()),
        ("expected_wrong_high", pa.float64()),
        ("from_vision", pa.int64()),
        ("reviewed", pa.int64()),
        ("overturned", pa.int64()),
        ("exported_photos", pa.int64()),
        ("leaf_taxon_id", pa.int64()),
        ("kinds", pa.list_(pa.string())),
        ("evidence", pa.string()),
        ("suggested_reviewed", pa.int64()),
        ("suggested_overturned", pa.int64()),
        ("unaided_reviewed", pa.int64()),
        ("unaided_overturned", pa.int64()),
        ("vision_q_value", pa.float64()),
        ("suggested_share", pa.float64()),
        ("skilled_share", pa.float64()),
        ("collapse_q_value", pa.float64()),
        ("expected_wrong_photos", pa.float64()),
        ("leave_at_taxon_id", pa.int64()),
        ("is_coarse", pa.bool_()),
    ]
)


def is_coarse(rank_level: npt.ArrayLike, is_class: npt.ArrayLike) -> Bools:
    """Return which labels could be identified further: above species, and not the class at genus or below."""
    is_near = np.less_equal(rank_level, GENUS_RANK_LEVEL)
    result: Bools = np.greater(rank_level, SPECIES_RANK_LEVEL) & ~np.logical_and(is_class, is_near)
    return result


#: The columns that the command ``hotspots`` writes.
HOTSPOT_COLUMNS = (*HOTSPOTS.names[:14], "is_coarse")

#: Estimates are given with so many significant digits, what worklists are ordered by with fewer, and how
#: often one taxon is taken for another with so many decimals at most: they are not known better. So what
#: changes little elsewhere in the lake mostly leaves them as they are, and whoever keeps these tables has
#: little to write. Numbers that are summed up keep their small ones.
DIGITS, DIGITS_OF_PRIORITY, DECIMALS_OF_PAIRS = 3, 2, 1

#: One row an observation worth a look, best first; at most `MOST_PER_LABEL` of a label.
#:
#: observation_id      iNaturalist's id; below zero where only the UUID is known: then it means nothing
#:                     outside the lake, and links take the UUID
#: observation_uuid    iNaturalist's UUID, null where it is not known
#: suspicion           probability that the label is wrong
#: suggested_taxon_id  what it most likely is instead, null where nothing points to one taxon
#: reasons             why to look at it: messages (`exporter.messages`) as JSON
#: priority            wrong photos expected to leave the next export by one skilled look
#: photos              those that training would take of it
#: latitude, longitude public ones, degrees
#: quality_grade       iNaturalist's: needs_id, research or casual; null where it is not known
#: is_suggested        its label came from a computer-vision suggestion
#: is_disputed         somebody's last word is another taxon, or that the label is wrong
WORKLIST = pa.schema(
    [
        ("observation_id", pa.int64()),
        ("label_taxon_id", pa.int64()),
        ("suspicion", pa.float64()),
        ("suggested_taxon_id", pa.int64()),
        ("reasons", pa.string()),
        ("priority", pa.float64()),
        ("photos", pa.int32()),
        ("kind", pa.string()),
        ("evidence", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("observed_on", pa.date32()),
        ("observation_uuid", pa.string()),
        ("quality_grade", pa.string()),
        ("is_suggested", pa.bool_()),
        ("is_disputed", pa.bool_()),
    ]
)

MOST_PER_LABEL = 3_000

#: The columns that the command ``worklist`` writes; ``url`` is made from the observation's id, or else its
#: UUID, ``observation_id`` is empty where iNaturalist's id is not known, and ``reason`` is English.
WORKLIST_COLUMNS = (
    "observation_id",
    "url",
    "label_taxon_id",
    "suspicion",
    "suggested_taxon_id",
    "reason",
)

#: One row a pair: observations labelled X that truly are Y, as expected, with a 90 % interval.
CONFUSIONS = pa.schema(
    [
        ("label_taxon_id", pa.int64()),
        ("true_taxon_id", pa.int64()),
        ("expected", pa.float64()),
        ("expected_low", pa.float64()),
        ("expected_high", pa.float64()),
    ]
)


#: What a trained model contradicts, as it stands in the trainer's results: one row an observation.
#:
#: label_taxon_id      the class that its photo was in: the label, or the taxon above it that is a class
#: suggested_taxon_id  the class that the model takes it for
LABEL_ISSUES = pa.schema(
    [
        ("observation_id", pa.int64()),
        ("label_taxon_id", pa.int64()),
        ("suggested_taxon_id", pa.int64()),
    ]
)


#: How the probabilities were learned: one row a fact.
#:
#: part   coefficient (of a column of `predictors.COLUMNS`), data (numbers of cases), calibration (of a fifth
#:        of the held-out cases: how many were expected to be overturned, and were), source (of the prior),
#:        moves (how often a label that is rejected once more moves, and the rejected labels that say so)
FIT = pa.schema(
    [("part", pa.string()), ("name", pa.string()), ("value", pa.float64()), ("found", pa.float64())]
)


@dataclass(frozen=True)
class Findings:
    """The tables of hotspots; their schemas are HOTSPOTS, WORKLIST, CONFUSIONS and FIT.

    missing: what the lake lacks to find anything, and which command brings it, as messages; empty if it
             lacks nothing.
    fit:     how the probabilities were learned: nothing in it is about a person.
    learned: what served, to be kept for the next search; None where nothing was searched.
    """

    hotspots: pa.Table
    worklist: pa.Table
    confusions: pa.Table
    missing: list[Message] = field(default_factory=list)
    fit: pa.Table = field(default_factory=FIT.empty_table)
    learned: "Learned | None" = None

    @property
    def is_without_identifications(self) -> bool:
        """Whether labels are listed of which nobody's identification is known, only counts of votes."""
        is_known = pc.equal(self.hotspots["evidence"], "identifications")
        return len(self.hotspots) > 0 and not pc.any(is_known).as_py()

    def worth_listing(self) -> "Findings":
        """Return the findings, without rows if the lake lacks the evidence for them."""
        if not self.missing:
            return self
        return Findings(
            self.hotspots.slice(0, 0),
            self.worklist.slice(0, 0),
            self.confusions.slice(0, 0),
            self.missing,
            self.fit,
            self.learned,
        )
