"""Which taxa become classes, and with how many photos: the export's criteria as frozen values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Criteria:
    """The numbers of one export rule. The sentences beside each say what it decides."""

    name: str
    #: An observation is confirmed for a class when its community taxon lies in the class's clade
    #: ("community_taxon"), or when it is research grade and its taxon lies there ("research_grade").
    confirmed_by: str
    #: A class has at least this many usable observations in its clade, confirmed or not.
    min_observations: int
    #: A class has at least this many confirmed ones among them.
    min_confirmed: int
    train_min: int
    train_max: int
    val_min: int
    val_max: int
    test_min: int
    test_max: int
    train_photos_per_observation: int
