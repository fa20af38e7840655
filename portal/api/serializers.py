"""What the API answers of taxa, and what answers share. Other fields stand beside their views."""

from operator import attrgetter
from typing import Any, NamedTuple

from rest_framework import serializers

from portal import inaturalist
from portal.api import edition
from portal.api.fields import Address, Blank, Choice, Day, Flag, Moment, Whole, Words, field, listed, maker
from portal.api.paging import Page
from portal.links import page_address
from portal.taxa import wording
from portal.taxa.models import ReadinessHistory, Status
from portal.taxa.queries.inclusion import Standing
from portal.versions.queries import classes_of
from portal.versions.queries.current import Reported
from portal.versions.wording import difference

PARTLY_LOADED = "True if only some places' observations were loaded of it, or of taxa in it: a lower bound."
NOT_COUNTED = "No usable observation of it, or of anything within it, is in the data."


class InModel(NamedTuple):
    """How a taxon stands in a model."""

    version: str
    included: bool
    class_taxon_id: int | None


def in_current_model(row: Standing) -> InModel | None:
    """How a taxon stands in the model that is in use; None while none is known here."""
    version = edition.current().version
    if version is None:
        return None
    classes = classes_of(version.run_id)
    result = next((taxon_id for taxon_id in reversed(row.path) if taxon_id in classes), None)
    return InModel(version.name, result == row.taxon_id, result)


def _cutoff_at(row: Standing) -> object:
    """When the next snapshot under the row's rule is cut; None where none is announced."""
    coming = edition.current().cutoff
    return coming.cutoff_at if coming and coming.criteria == row.criteria else None


def _why(row: Standing) -> str:
    """The reason in a sentence. Which classes lie below a covered taxon is left to its page."""
    standing: Any = row  # it has the fields of the model, as wording needs them
    return str(wording.reason(standing, None)) if row.status else NOT_COUNTED


def own_page(route: str, path: str, example: str) -> Any:
    """The field with the address of the row's page. ``path``: where the row has its id."""
    id_of = attrgetter(path)
    site = "https://leafline.example.org/"
    return Address("Its page here.", site + example, of=lambda row: page_address(route, id_of(row)))


class Data(serializers.Serializer):
    """Which data an answer comes from."""

    criteria = Words("The export rule that was counted by.", "inat-2022")
    as_of = Moment("The newest change that the data contain.", "2026-11-01T06:30:00Z", of="data_as_of")
    counted_at = Moment("When it was counted.", "2026-11-02T04:21:09Z", of="finished_at")
    lake_version = Whole("The version of the lake that was counted.", 7)
    is_simulated = Flag("True for a made-up world: never iNaturalist's.", False)
    has_lower_bounds = Flag(
        "True if some observations are known only in part, so that counts are lower bounds.", False
    )


def data(criteria: str) -> dict[str, Any] | None:
    """Which data an answer comes from; None while none are loaded."""
    refresh = edition.refresh_under(criteria)
    return maker(Data)(refresh, criteria=criteria) if refresh else None


class Answer(serializers.Serializer):
    data = field(Data, "Null while no data are loaded.", null=True)


class TaxonBrief(serializers.Serializer):
    taxon_id = Whole("iNaturalist's id.", 52775, of="id")
    name = Words("Scientific name.", "Bombus")
    common_name = Blank("English; empty where there is none.", "Bumble Bees")
    rank = Blank("", "genus")


class TaxonRow(serializers.Serializer):  # the same, of a row that belongs to a taxon
    taxon_id = Whole("iNaturalist's id.", 120215)
    name = Words("Scientific name.", "Bombus griseocollis", of="taxon.name")
    common_name = Blank(
        "English; empty where there is none.", "Brown-belted Bumble Bee", of="taxon.common_name"
    )
    rank = Blank("", "species", of="taxon.rank")


class CurrentModel(serializers.Serializer):
    """The taxon in the model that iNaturalist uses now; all null while none is known here."""

    version = Words("", "v2-13", null=True)
    included = Flag("True if it is a class of its own.", False, null=True)
    class_taxon_id = Whole("The class that it is suggested as: itself or an ancestor.", 52775, null=True)


class Said(NamedTuple):
    """What iNaturalist says of a taxon in its own model, and the status that it has here."""

    reported: Reported
    status: str | None


class OnINaturalist(serializers.Serializer):
    """What iNaturalist itself says of the taxon in the model that it uses now; all null while unknown."""

    standing = Choice(
        "As iNaturalist's pages call it.",
        "pending",
        choices=["included", "pending"],
        null=True,
        of=lambda said: "included" if said.reported.is_included else "pending",
    )
    told_on = Day("The day of its answer, or of its export.", "2026-10-28", null=True, of="reported.told_on")
    is_from_export = Flag(
        "True if it comes from an export's taxonomy, false if from the API.",
        False,
        null=True,
        of="reported.is_from_export",
    )
    difference = Words(
        "Why `outlook` differs, in an English sentence; empty where it does not.",
        "",
        null=True,
        of=lambda said: difference(*said),
    )


class Outlook(serializers.Serializer):
    """The taxon in the next snapshot, if it were cut from the data of now."""

    included = Flag("True if it would be a class of its own.", False, of="is_class")
    status = Choice(
        "Null without a usable observation in its clade.", "dropped", choices=Status.choices, null=True
    )
    class_taxon_id = Whole(
        "The class that its photos would teach: itself, an ancestor, or none.", null=True, of="leaf_taxon_id"
    )
    cutoff_at = Moment(
        "The announced cutoff of that snapshot; null where none is announced.",
        "2027-01-20T00:00:00Z",
        null=True,
        of=_cutoff_at,
    )


class Line(serializers.Serializer):
    """How far from the line, in observations and photos. All null without a usable observation."""

    margin = Whole(
        "Observations missing (below 0) or that it can lose (from 0); null: never a class.", -12, null=True
    )
    short_observations = Whole("Fewest that would do.", 12, null=True)
    short_confirmed = Whole("Confirmed ones missing.", 12, null=True)
    short_photos = Whole("Photos missing.", 0, null=True)
    is_lower_bound = Flag(
        "True if the counts are lower bounds: no more than this is missing.",
        False,
        null=True,
        of=lambda row: row.is_lower_bound if row.status is not None else None,
    )


class Counts(serializers.Serializer):
    """What the clade holds. All null without a usable observation."""

    observations = Whole("Usable observations.", 86, null=True)
    community_confirmed = Whole("Confirmed ones among them.", 38, null=True)
    photos = Whole("Usable photos, at most five of an observation.", 110, null=True)


class Inclusion(TaxonRow):
    """Whether a taxon is in the model, will be in the next, and why."""

    current_model = field(CurrentModel, of=in_current_model)
    outlook = field(Outlook)
    line = field(Line)
    counts = field(Counts)
    why = Words("The reason in an English sentence.", "110 photos unused.", of=_why)
    is_partly_loaded = Flag(
        PARTLY_LOADED,
        False,
        null=True,
        of=lambda row: bool(row.is_partly_loaded) if row.status is not None else None,
    )
    inaturalist = field(OnINaturalist)


def inclusion(
    row: Standing, recorded: Reported | None, kind: type[serializers.Serializer] = Inclusion, **more: Any
) -> dict[str, Any]:
    """An `Inclusion`, or one of a kind with more, with what iNaturalist said of its own model."""
    return maker(kind)(row, inaturalist=Said(recorded, row.status) if recorded else None, **more)


UNKNOWN = field(
    serializers.ListField, "Requested ids that the data do not hold.", [], child=serializers.IntegerField()
)
InclusionAnswer = listed(
    "InclusionAnswer", Inclusion, "In the order of the request.", Answer, unknown=UNKNOWN
)


class History(serializers.Serializer):
    at = Moment("The time that the counts describe.", "2026-11-01T06:30:00Z", of="refresh.moment")
    status = Choice("", "dropped", choices=[*Status.values, ReadinessHistory.GONE])
    observations = Whole("", 86)
    community_confirmed = Whole("", 38)
    photos = Whole("", 110)
    margin = Whole("", -12, null=True)


class Taxon(Inclusion):
    common_names = field(
        serializers.DictField,
        "Common names by language: an object with `en`, `es`, or neither.",
        {"en": "Brown-belted Bumble Bee", "es": "Abejorro de cinturón marrón"},
        child=serializers.CharField(),
    )
    url = own_page("taxa:taxon", "taxon_id", "taxa/120215/")
    inaturalist_url = Address(
        "", "https://www.inaturalist.org/taxa/120215", of=lambda row: inaturalist.taxon_address(row.taxon_id)
    )
    ancestors = field(TaxonBrief, "From the root down, without the taxon itself.", many=True)
    history = field(History, "Oldest first; a row whenever something had changed.", many=True)


class TaxonAnswer(Answer):
    taxon = field(Taxon)


class ReadinessRow(TaxonRow):
    status = Choice("", "dropped", choices=Status.choices)
    leaf_taxon_id = Whole("The class that its photos teach.", null=True)
    observations = Whole("", 86)
    community_confirmed = Whole("", 38)
    photos = Whole("", 110)
    short_observations = Whole("", 12)
    short_confirmed = Whole("", 12)
    short_photos = Whole("", 0)
    margin = Whole("", -12, null=True)
    is_lower_bound = Flag("", False)
    is_partly_loaded = Flag(PARTLY_LOADED, False)


ReadinessAnswer = listed("ReadinessAnswer", ReadinessRow, "By ascending taxon id.", Answer, Page)


class BadField(serializers.Serializer):
    name = Words("The parameter or field.")
    reason = Words()


class Problem(serializers.Serializer):
    """An error, as RFC 9457 has it."""

    type = Words()
    title = Words()
    status = Whole()
    detail = Words("What is wrong, in a sentence.")
    errors = field(BadField, "Each bad parameter or field.", many=True, required=False)
