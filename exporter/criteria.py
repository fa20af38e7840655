"""Which taxa become classes, and with how many photos: the export's criteria as frozen values.

The rules, in the order in which the exporter obeys them:

1.  A photo is *usable* unless it is flagged or hidden, or lies elsewhere than with iNaturalist (on another
    host, or without a file extension): iNaturalist's exporter takes photos in its own storage only. Where a
    source gives no address at all, the photo counts, and its observation is *incomplete*: the numbers are
    what the records show, and some of it may not be there. A snapshot is made by the photos whose address
    is known and by no others, from the choice of the classes on, for it invents no address. So a taxon may
    be a class in readiness, and none in a snapshot, as long as addresses are missing.
2.  An observation is *usable* if it has a usable photo, no unresolved flag, and fails no quality metric
    other than ``wild``: captive organisms are used, and no licence is filtered. What a source does not give
    is not held against an observation.
3.  An observation lies in the clade of a taxon by its taxon or by its confirming taxon. An inactive taxon
    puts it in no clade: iNaturalist's exporter looks up active taxa only. Taxa below species, hybrids and
    extinct taxa count for the classes above them.
4.  It is *confirmed* for a class if its confirming taxon lies in the clade. By ``community_taxon`` that is
    its community taxon; by ``same_taxon`` it is its taxon, where the community taxon is the same; by
    ``research_grade`` it is its taxon, once it is research grade. A source that gives no community taxon
    gives a lower bound: there, a research-grade observation is confirmed by its taxon, for research grade
    needs a community taxon that agrees.
5.  Never a class: a taxon that is below species, inactive, or of unknown rank; a hybrid, unless ``hybrids``
    lets it be one; and a globally extinct taxon with everything below it.
6.  Taxa are tried from the tips to the root, at every rank. One with a class below it is *covered*: it
    gets no class, whatever it holds. Any other is tried with all the observations of its clade.
7.  A class has at least ``min_observations`` observations and ``min_confirmed`` confirmed ones.
8.  Test and validation take ``test_min`` and ``val_min`` confirmed observations, one photo of each. By
    ``fewest_photos`` these are the observations with the fewest photos; by ``draw`` they are drawn from all
    the confirmed ones. Their other photos are used nowhere.
9.  Every other observation gives training at most ``train_photos_per_observation`` photos, and these are
    at least ``train_min``.
10. With ``clades``, only taxa in one of these clades are tried, and the ancestors of the clades (so one of
    them is the class if no taxon in the clade passes). Taxa below one of ``leaves`` are not tried, so that
    it can be a class whatever its descendants hold.

So the smallest class of ``inat-2022`` has 60 observations: 50 confirmed ones, and 10 more that hold 50
photos between them. The smallest class of ``inat-2021`` has 100 observations, 50 of them confirmed, however
many photos they have.

``inat-2021`` follows the exporter behind the model of July 2021 in whose observations count, which of them
are confirmed, which taxa are classes, and how large the sets are. It differs from it in these points:

- An observation serves one set of one class, and gives test and validation one photo. That exporter drew
  photos, so that photos of one observation could be in training and in test.
- Training takes one photo of each observation first and at most 5 of any. iNaturalist said of that export
  that it discourages several photos of one observation; the next version of the exporter does it so.
- Whatever was shuffled is drawn by the sealed seed (`exporter.draw`).
- An observation counts if it has a usable photo (rule 1); that exporter counted it with any photo, and left
  photos on other hosts out only when it filled the sets.
- Observations of an extinct taxon count for the classes above it, and what lies below one is never a class,
  as in 2022.

Sources: iNaturalist's ``lib/vision_data_exporter.js`` (inaturalist/iNaturalistAPI) for ``inat-2022``;
``tools/export_multitier_vision_data.rb`` (inaturalist/inaturalist), as it was while it had one number each
for test and validation, for ``inat-2021``; the forum thread "Computer vision update, July 2021" says the same
of its two minima.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from exporter.errors import DataError
from exporter.schema import COMPLETE_SOURCES, MAX_ID, OBSERVATIONS, unknown_sql

#: Rule 1, as a condition on the lake's table photos.
USABLE_PHOTO = (
    "NOT coalesce(is_flagged, false) AND NOT coalesce(is_hidden, false)"
    " AND coalesce(host <> 'elsewhere', true)"
)

#: The address of a photo is known: its host, and an extension of letters and digits. The usual ones need no
#: regular expression, which takes most of the time of a pass over all photos.
HAS_ADDRESS = (
    "coalesce(host IN ('open-data', 'static') AND CASE WHEN extension IN ('jpg', 'jpeg', 'png') THEN true"
    " ELSE regexp_matches(extension, '^[A-Za-z0-9]+$') END, false)"
)

#: Rule 1 for snapshots.
WRITABLE_PHOTO = f"{USABLE_PHOTO} AND {HAS_ADDRESS}"

#: Rule 2 but for its photos, as a condition on the lake's table observations.
USABLE_OBSERVATION = "NOT coalesce(is_flagged, false) AND NOT coalesce(fails_quality_metric, false)"

#: In a file of criteria.
_MOST_DOTS = 1_000
_COMPLETE = ", ".join(f"'{source}'" for source in COMPLETE_SOURCES)

#: No source gave the community taxon. (An empty one that a source did give is knowledge: there is none.)
_LACKS_COMMUNITY = unknown_sql(OBSERVATIONS, "community_taxon_id")

#: The source has neither flags nor quality metrics, or the record left out the community taxon or its photos:
#: what is counted is a lower bound, as it is for an observation with a photo that counts without an address.
IS_INCOMPLETE = f"(source NOT IN ({_COMPLETE}) OR lists_photos IS NOT TRUE OR {_LACKS_COMMUNITY})"

#: No number of a file of criteria is larger: sums of them are still numbers of the query engine.
_MOST = 10**9

#: Rule 5.
HYBRID_RANKS = ("hybrid", "genushybrid")
SPECIES_RANK_LEVEL = 10.0
GENUS_RANK_LEVEL = 20.0

#: Taxa above this rank are measured against the line like any other, but are never listed as near it: a few
#: observations more make Life a class only where next to nothing was loaded.
ORDER_RANK_LEVEL = 40.0


_Number = Annotated[int, Field(ge=0, le=_MOST)]
#: A list in a file.
_Taxa = Annotated[tuple[Annotated[int, Field(ge=0, le=MAX_ID)], ...], Field(strict=False)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Criteria:
    """The numbers of one export rule; the module says in sentences what each decides.

    A ValidationError of pydantic says which of them makes no sense.
    """

    name: Annotated[str, Field(min_length=1)]
    confirmed_by: Literal["community_taxon", "same_taxon", "research_grade"]
    min_observations: _Number
    min_confirmed: _Number
    train_min: _Number
    train_max: _Number
    val_min: _Number
    val_max: _Number
    test_min: _Number
    test_max: _Number
    train_photos_per_observation: Annotated[int, Field(ge=1, le=_MOST)]
    clades: _Taxa = ()
    leaves: _Taxa = ()
    hybrids: bool = False
    set_aside_by: Literal["fewest_photos", "draw"] = "fewest_photos"

    @model_validator(mode="after")
    def _sets_have_room(self) -> Self:
        for name in ("train", "val", "test"):
            if getattr(self, f"{name}_max") < getattr(self, f"{name}_min"):
                raise ValueError(f"{name}_max is less than {name}_min")
        return self

    @model_validator(mode="after")
    def _classes_do_not_depend_on_the_draw(self) -> Self:
        """How many photos training keeps would depend on which observations test and validation draw."""
        if self.set_aside_by == "draw" and self.can_lack_photos:
            raise ValueError(
                "min_observations is less than test_min, val_min and train_min together, which set_aside_by"
                " 'draw' needs"
            )
        return self

    @property
    def set_aside(self) -> int:
        """How many confirmed observations test and validation take before training takes any."""
        return self.test_min + self.val_min

    @property
    def confirmed_needed(self) -> int:
        """How many confirmed observations a class has at least."""
        return max(self.min_confirmed, self.set_aside)

    @property
    def can_lack_photos(self) -> bool:
        """Whether photos can be missing where observations are not: each observation has one at least."""
        return self.min_observations < self.set_aside + self.train_min

    @property
    def barred_ranks(self) -> tuple[str, ...]:
        """Rule 5: the ranks of which no taxon is a class, besides those below species."""
        return () if self.hybrids else HYBRID_RANKS

    @property
    def confirming_taxon(self) -> str:
        """Rule 4: the taxon that confirms an observation, as SQL on the lake's table observations."""
        research = "CASE WHEN quality_grade = 'research' THEN taxon_id END"
        if self.confirmed_by == "research_grade":
            return research
        community = "community_taxon_id"
        if self.confirmed_by == "same_taxon":
            community = "CASE WHEN community_taxon_id = taxon_id THEN taxon_id END"
        return f"coalesce({community}, CASE WHEN {_LACKS_COMMUNITY} THEN {research} END)"


INAT_2021 = Criteria(
    name="inat-2021",
    confirmed_by="same_taxon",
    min_observations=100,
    min_confirmed=50,
    train_min=50,
    train_max=1000,
    val_min=25,
    val_max=25,
    test_min=25,
    test_max=25,
    train_photos_per_observation=5,
    hybrids=True,
    set_aside_by="draw",
)

INAT_2022 = Criteria(
    name="inat-2022",
    confirmed_by="community_taxon",
    min_observations=0,
    min_confirmed=0,
    train_min=50,
    train_max=1000,
    val_min=25,
    val_max=100,
    test_min=25,
    test_max=100,
    train_photos_per_observation=5,
)

PRESETS: dict[str, Criteria] = {criteria.name: criteria for criteria in (INAT_2021, INAT_2022)}
#: The rule that counts unless somebody names another.
DEFAULT_CRITERIA = INAT_2022.name


def preset(name: str) -> Criteria:
    """The preset of that name; a DataError that lists the known ones if there is none."""
    try:
        return PRESETS[name]
    except KeyError:
        raise DataError(f"no criteria {name!r}: use one of {', '.join(sorted(PRESETS))}") from None


def load_criteria(name: str) -> Criteria:
    """A preset by its name, or the criteria in a file whose name ends in ``.toml``.

    The file gives every field of Criteria under its name, and no other; those with a default may be left
    out. DataError if it does not, or if a value makes no sense.
    """
    if not name.endswith(".toml"):
        return preset(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
        # A parser's time grows with the square of the dots in a key.
        if text.count(".") > _MOST_DOTS:
            raise ValueError(f"has more than {_MOST_DOTS:,} dots")
        given = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{name}: {reason}; give a readable TOML file of criteria") from None
    try:
        return criteria_from(given)
    except ValueError as error:
        raise DataError(f"{name}: {error}; compare it with exporter/criteria.py") from None


def criteria_from(given: dict[str, Any]) -> Criteria:
    """Return the criteria that TOML or a manifest gives as plain values; a ValueError says what is wrong."""
    try:
        return Criteria(**given)
    except ValidationError as error:
        words = _explain(error)
    # Raised here, so that it does not hold pydantic's error: what that refers to is never freed.
    raise ValueError(words)


def _explain(error: ValidationError) -> str:
    """Keys that nothing reads, or those that are missing, or else the first value that makes no sense."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    for kind, words in (("unexpected_keyword_argument", "no such key"), ("missing", "missing")):
        if keys := sorted(str(fault["loc"][0]) for fault in faults if fault["type"] == kind):
            return f"{words}: {', '.join(keys)}"
    place = ".".join(map(str, faults[0]["loc"]))
    # What a file gives is a list, though it is kept as a tuple.
    message = faults[0]["msg"].removeprefix("Value error, ").replace("tuple", "list")
    return f"{place}: {message}" if place else message
