"""Hotspots in plain words: the sentences that pages, and later feeds, give for a hotspot's numbers.

Numbers are expectations and said so: "about", with their interval. Nobody is named or counted.
"""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exporter.hotspots.schema import is_coarse
from exporter.hotspots.yields import Yield
from exporter.shares import Share
from portal.hotspots.facets import FACETS, Facets, Form
from portal.hotspots.matrix import SHADES
from portal.hotspots.models import Evidence, Hotspot, Kind
from portal.hotspots.queries import LEAST_SHOWN, Explained
from portal.hotspots.queries.worklists import Listed
from portal.numbers import about, interval, number, percent, significant, whole
from portal.places import place_with_code
from portal.taxa.wording import scientific

KIND_NAMES = {
    Kind.LOOKALIKE: gettext_lazy("mixed up with a lookalike"),
    Kind.COLLAPSE: gettext_lazy("a genus named as one species"),
    Kind.VISION_LOOP: gettext_lazy("suggestions overturned often"),
    Kind.OUT_OF_RANGE: gettext_lazy("out of range"),
    Kind.MODEL: gettext_lazy("found by a trained model"),
}
EVIDENCE_NAMES = {
    Evidence.IDENTIFICATIONS: gettext_lazy("from identifications"),
    Evidence.VOTES: gettext_lazy("from counts of agreement"),
    Evidence.RECORDS: gettext_lazy("from grade, place and date"),
}
#: An address in text: without what ends a sentence after it.
_ADDRESS = re.compile(r"""(https?://[^\s<>"']*[^\s<>"'.,;:!?()\[\]])""")
_FACET_NAMES = {"clade": gettext_lazy("Within"), **{facet.name: facet.label for facet in FACETS}}


def share(counted: Share) -> str:
    """So many of so many, with the share and its interval: "17 of 120 (14 %, 90 % interval 10 to 20 %)"."""
    if not counted.of:
        return _("none looked at yet")
    return _("%(count)s of %(of)s (%(share)s %%, 90 %% interval %(low)s to %(high)s %%)") % {
        "count": number(counted.count),
        "of": number(counted.of),
        "share": percent(counted.value),
        "low": percent(counted.low),
        "high": percent(counted.high),
    }


def headline(item: Explained) -> SafeString:
    """The estimate in a sentence: "About 340 of 1,210 observations labelled X are probably ...".

    Its interval comes last, in brackets.
    """
    row = item.row
    if row.expected_wrong < LEAST_SHOWN:
        return _hardly_any(row)
    return format_html(
        ngettext(
            "{about} of {labels} observations labelled {label} is probably {truth} ({interval}).",
            "{about} of {labels} observations labelled {label} are probably {truth} ({interval}).",
            whole(row.expected_wrong),
        ),
        about=about(row.expected_wrong),
        labels=number(row.labels),
        label=scientific(row.taxon),
        truth=_truth(item),
        interval=interval(row.expected_wrong_low, row.expected_wrong_high),
    )


def _hardly_any(row: Hotspot) -> SafeString:
    """The estimate where fewer than one is expected to be wrong."""
    return format_html(
        ngettext(
            "The only observation labelled {label} is wrong with a probability of {share} %.",
            "Of {labels} observations labelled {label}, fewer than one is expected to be wrong ({interval}).",
            row.labels,
        ),
        labels=number(row.labels),
        label=scientific(row.taxon),
        share=percent(row.expected_wrong / row.labels),
        interval=interval(row.expected_wrong_low, row.expected_wrong_high),
    )


def _truth(item: Explained) -> SafeString:
    """What the wrong ones are, as far as is known."""
    if item.partner is not None:
        words = (
            _("something else, mostly {partner}")
            if item.is_mostly_partner
            else _("something else, {partner} among others")
        )
        return format_html(words, partner=scientific(item.partner))
    if item.row.kind == Kind.COLLAPSE:
        return format_html("{}", _("others of its genus or beyond"))
    if item.row.kind == Kind.OUT_OF_RANGE:
        return format_html("{}", _("something else, for they lie where or when it is not known"))
    return format_html("{}", _("something else"))


def expected(batch: Yield) -> str:
    """How many of some observations are probably wrong: "About 24 of these 30 are probably wrong (18 to 28)."

    Where nearly all are right, it says that they are to be checked.
    """
    if batch.of == 1:
        return _("It is wrong with a probability of %(share)s %%.") % {"share": percent(batch.expected)}
    sentence = ngettext(
        "%(about)s of these %(of)s is probably wrong (90 %% interval %(interval)s).",
        "%(about)s of these %(of)s are probably wrong (90 %% interval %(interval)s).",
        whole(batch.expected),
    ) % {
        "about": about(batch.expected),
        "of": number(batch.of),
        "interval": interval(batch.low, batch.high),
    }
    if not batch.is_check:
        return sentence
    return f"{sentence} " + _("This is a check of mostly right labels: a right one confirmed helps as much.")


def facet_name(name: str) -> str:
    """What a facet is called."""
    return str(_FACET_NAMES[name])


def facet_words(facets: Facets, name: str) -> str:
    """What was chosen of a facet: a taxon's name, the words of a choice, an id or a day as it is written."""
    value = getattr(facets, name)
    if name == "clade":
        return str(facets.clade)
    facet = next(facet for facet in FACETS if facet.name == name)
    if value is True:
        return _("yes")
    if facet.form == Form.TAXON and not value:
        return _("none in particular")
    if facet.form == Form.PLACE:
        return str(place_with_code(value))
    return str(dict(facet.choices).get(value, value))


def facets_words(facets: Facets) -> str:
    """What was chosen of all facets, in a line; nothing where nothing was."""
    return ", ".join(
        facet_name(name) if getattr(facets, name) is True else facet_words(facets, name)
        for name in facets.chosen
    )[:80]


def look(listed: Listed) -> str:
    """An observation to look at, in a line: "Common Flesh Fly: 80 % probably wrong, perhaps Sarcophaga"."""
    values = {
        "label": listed.label or "?",
        "share": percent(listed.entry.suspicion),
        "rather": listed.rather or _("something else"),
    }
    return _("%(label)s: wrong with a probability of %(share)s %%, perhaps %(rather)s") % values


def linked(words: str) -> SafeString:
    """Somebody's own words, with the addresses in them as links that no search engine follows."""
    return format_html_join(
        "",
        "{}",
        ((_link(part) if place % 2 else part,) for place, part in enumerate(_ADDRESS.split(words))),
    )


def _link(address: str) -> SafeString:
    return format_html('<a href="{0}" rel="nofollow ugc external">{0}</a>', address)


def harm(item: Explained) -> SafeString:
    """What the wrong ones do to the next export."""
    row = item.row
    if not row.exported_photos:
        return format_html("{}", _("None of its photos would be in the next export as things stand."))
    words = ngettext(
        "Of its {photos} photo in the next export, {wrong} would be wrong.",
        "Of its {photos} photos in the next export, {wrong} would be wrong.",
        row.exported_photos,
    )
    sentence = format_html(
        words, photos=number(row.exported_photos), wrong=about(row.expected_wrong_photos).lower()
    )
    if item.leaf is None or item.leaf.id == row.taxon_id:
        return sentence
    return format_html(
        _(
            "{sentence} They teach the class {leaf}: wrong is what lies outside it. A mistake within {leaf}"
            " does no harm to the export; below, it is counted all the same."
        ),
        sentence=sentence,
        leaf=scientific(item.leaf),
    )


def coarseness(item: Explained) -> str:
    """That a label could be identified further, where it could: it is no hotspot then, and comes last."""
    row = item.row
    level = row.taxon.rank_level
    if level is None or not is_coarse(level, row.leaf_taxon_id == row.taxon_id):
        return ""
    return _("could be identified further")


def advice(item: Explained) -> SafeString:
    """What a photo does not show, and what to do then; nothing where photos show it."""
    if item.leave_at is None:
        return SafeString()
    return format_html(
        _(
            "Photos rarely show what distinguishes these taxa: skilled identifications mostly stop at"
            " {taxon}."
            " Where you cannot see it either, leave it at {taxon}."
        ),
        taxon=scientific(item.leave_at),
    )


def causes(item: Explained) -> list[SafeString]:
    """How the wrong labels come about: a sentence for each pattern."""
    result = {
        Kind.LOOKALIKE: _lookalike,
        Kind.COLLAPSE: _collapse,
        Kind.VISION_LOOP: _vision_loop,
        Kind.OUT_OF_RANGE: _out_of_range,
        Kind.MODEL: _model,
    }
    kinds = sorted(item.row.kinds, key=item.row.kinds.__getitem__)
    return [result[Kind(kind)](item) for kind in kinds]


def _lookalike(item: Explained) -> SafeString:
    if item.partner is None:
        return format_html("{}", _("Taxa that look like it are mixed up with it."))
    return format_html(
        _("Observations of {partner} are labelled {label}."),
        partner=scientific(item.partner),
        label=scientific(item.row.taxon),
    )


def _collapse(item: Explained) -> SafeString:
    row = item.row
    if row.suggested_share is None or row.skilled_share is None:
        return format_html("{}", _("Its genus is mostly named as this one species."))
    return format_html(
        _(
            "Its genus is named as this one species: it makes {suggested} % of the species that suggestions"
            " name in its genus, and {skilled} % of those that skilled people name.{chance}"
        ),
        suggested=percent(row.suggested_share),
        skilled=percent(row.skilled_share),
        chance=chance(row.collapse_q_value),
    )


def _vision_loop(item: Explained) -> SafeString:
    row = item.row
    return format_html(
        _(
            "Labels that came from a suggestion are changed more often than others: {suggested} against"
            " {unaided}.{chance}"
        ),
        suggested=share(suggested(row)),
        unaided=share(unaided(row)),
        chance=chance(row.vision_q_value),
    )


def _out_of_range(item: Explained) -> SafeString:
    return format_html("{}", _("Some lie where it is hardly ever named, though much else of its order is."))


def _model(item: Explained) -> SafeString:
    return format_html("{}", _("A trained model sees something else in the photos."))


def chance(q_value: float | None) -> str:
    """How rarely such a difference is an accident, as a further sentence; nothing where it was not tested."""
    if q_value is None:
        return ""
    if q_value < 0.001:
        return " " + _("Fewer than 1 in 1,000 such differences are accidents.")
    return " " + _("About %(n)s in 1,000 differences as large as this are accidents.") % {
        "n": number(max(round(1000 * q_value), 1))
    }


def suggested(row: Hotspot) -> Share:
    """Of suggested labels that skilled people looked at, those that they changed."""
    return Share(row.suggested_overturned, row.suggested_reviewed)


def unaided(row: Hotspot) -> Share:
    """The same of labels that nobody was suggested."""
    return Share(row.unaided_overturned, row.unaided_reviewed)


def reviewed(row: Hotspot) -> Share:
    """The same of all labels."""
    return Share(row.overturned, row.reviewed)


def with_commands(text: str) -> SafeString:
    """Text in which a command stands between backticks, with the commands marked up."""
    parts = text.split("`")
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts)),
    )


def square(south: int, west: int) -> str:
    """A square of ten degrees: "40 to 50° N, 80 to 70° W"."""
    return _("%(latitude)s, %(longitude)s") % {
        "latitude": _band(south, _("%s° N"), _("%s° S")),
        "longitude": _band(west, _("%s° E"), _("%s° W")),
    }


def _band(edge: int, positive: str, negative: str) -> str:
    near, far = (edge, edge + 10) if edge >= 0 else (-edge, -edge - 10)
    return (positive if edge >= 0 else negative) % (_("%(near)s to %(far)s") % {"near": near, "far": far})


def shade(number_of: int) -> str:
    """What a shade of the matrix means: "2 to 5 %"."""
    edges = [0.0, *SHADES, 1.0]
    low, high = (significant(100 * edge, 3) for edge in edges[number_of : number_of + 2])
    if number_of == 0:
        return _("less than %s %%") % high
    if number_of == len(SHADES):
        return _("%s %% and more") % low
    return _("%(low)s to %(high)s %%") % {"low": low, "high": high}
