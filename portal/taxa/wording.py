"""Readiness in plain words: the sentences that pages, and later feeds, give for a taxon's numbers.

Never a call to push: a sentence says what is missing and what is already there to be checked.
"""

from dataclasses import dataclass
from math import ceil

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from exporter.criteria import GENUS_RANK_LEVEL, PRESETS, SPECIES_RANK_LEVEL
from portal.numbers import number
from portal.present import present
from portal.taxa.models import Readiness, Status, Taxon
from portal.taxa.queries import Cover
from portal.taxa.queries.named import AnyClade

CRITERIA_NAMES = {
    "inat-2022": gettext_lazy("2022 rule"),
    "inat-2021": gettext_lazy("2021 rule"),
}

CHANGES = {
    Status.LEAF: gettext_lazy("became a class"),
    Status.COVERED: gettext_lazy("gave way to a class below it"),
    Status.ROLLED_UP: gettext_lazy("joined a wider class"),
    Status.DROPPED: gettext_lazy("fell out: its photos go unused"),
    Status.SHORT: gettext_lazy("fell below the line"),
    Status.EXCLUDED: gettext_lazy("can no longer be a class"),
    "gone": gettext_lazy("has no usable observations left"),
}

#: iNaturalist's ranks from the root down.
RANKS = {
    "stateofmatter": pgettext_lazy("rank", "state of matter"),
    "kingdom": pgettext_lazy("rank", "kingdom"),
    "subkingdom": pgettext_lazy("rank", "subkingdom"),
    "phylum": pgettext_lazy("rank", "phylum"),
    "subphylum": pgettext_lazy("rank", "subphylum"),
    "superclass": pgettext_lazy("rank", "superclass"),
    "class": pgettext_lazy("rank", "class"),
    "subclass": pgettext_lazy("rank", "subclass"),
    "infraclass": pgettext_lazy("rank", "infraclass"),
    "subterclass": pgettext_lazy("rank", "subterclass"),
    "superorder": pgettext_lazy("rank", "superorder"),
    "order": pgettext_lazy("rank", "order"),
    "suborder": pgettext_lazy("rank", "suborder"),
    "infraorder": pgettext_lazy("rank", "infraorder"),
    "parvorder": pgettext_lazy("rank", "parvorder"),
    "zoosection": pgettext_lazy("rank", "zoosection"),
    "zoosubsection": pgettext_lazy("rank", "zoosubsection"),
    "superfamily": pgettext_lazy("rank", "superfamily"),
    "epifamily": pgettext_lazy("rank", "epifamily"),
    "family": pgettext_lazy("rank", "family"),
    "subfamily": pgettext_lazy("rank", "subfamily"),
    "supertribe": pgettext_lazy("rank", "supertribe"),
    "tribe": pgettext_lazy("rank", "tribe"),
    "subtribe": pgettext_lazy("rank", "subtribe"),
    "genus": pgettext_lazy("rank", "genus"),
    "genushybrid": pgettext_lazy("rank", "genus hybrid"),
    "subgenus": pgettext_lazy("rank", "subgenus"),
    "section": pgettext_lazy("rank", "section"),
    "subsection": pgettext_lazy("rank", "subsection"),
    "complex": pgettext_lazy("rank", "complex"),
    "species": pgettext_lazy("rank", "species"),
    "hybrid": pgettext_lazy("rank", "hybrid"),
    "subspecies": pgettext_lazy("rank", "subspecies"),
    "variety": pgettext_lazy("rank", "variety"),
    "form": pgettext_lazy("rank", "form"),
    "infrahybrid": pgettext_lazy("rank", "infrahybrid"),
}


@dataclass(frozen=True)
class Measure:
    """One thing a class needs, beside what the taxon has. ``counted`` is in the unit that ``name`` says."""

    name: str
    counted: int
    needed: int

    @property
    def is_met(self) -> bool:
        return self.counted >= self.needed


def status_name(status: str | None) -> str:
    """What becomes of a taxon in the next export, in the words of every page, feed and badge."""
    return str(Status(status).label) if status else _("no data")


def rank(taxon: AnyClade) -> str:
    """The rank for people; one that is not known here as iNaturalist writes it."""
    return str(RANKS.get(taxon.rank, taxon.rank))


def scientific(taxon: AnyClade) -> SafeString:
    """The scientific name, in italics for a genus and finer."""
    if taxon.rank_level is not None and taxon.rank_level <= GENUS_RANK_LEVEL:
        return format_html('<i lang="la">{}</i>', taxon.name)
    return format_html("{}", taxon.name)


def measures(row: Readiness) -> list[Measure]:
    """What the rule asks of a class beside what the taxon has: observations, confirmed ones, photos.

    A class has at least one photo of each observation that test and validation set aside, and the training
    minimum. Where photos are short, what is missing tells where the line is for this very taxon.
    """
    rule = PRESETS[row.criteria]
    fewest = rule.set_aside + ceil(rule.train_min / rule.train_photos_per_observation)
    photos = row.photos + row.short_confirmed + row.short_photos if row.short_photos else 0
    return [
        Measure(_("observations"), row.observations, max(rule.min_observations, fewest)),
        Measure(_("confirmed"), row.community_confirmed, rule.confirmed_needed),
        Measure(_("photos"), row.photos, max(photos, rule.set_aside + rule.train_min)),
    ]


def missing(row: Readiness) -> str:
    """What separates a taxon below the line from it: "12 more confirmed observations"."""
    if row.is_lower_bound:
        return _missing_at_most(row)
    return _missing_photos(row) if row.short_photos else _missing_observations(row)


def _missing_observations(row: Readiness) -> str:
    """Observations are missing, and perhaps confirmed ones among them."""
    if not row.short_confirmed:
        return _observations_more(row.short_observations)
    if row.short_confirmed == row.short_observations:
        return _confirmed_more(row.short_confirmed)
    return _("%(observations)s, %(confirmed)s of them confirmed") % {
        "observations": _observations_more(row.short_observations),
        "confirmed": number(row.short_confirmed),
    }


def _missing_photos(row: Readiness) -> str:
    """Photos are missing, and perhaps confirmed observations before them."""
    photos = _photos_more(row.short_photos)
    if not row.short_confirmed:
        return _("%(photos)s, from at least %(observations)s") % {
            "photos": photos,
            "observations": _observations_more(row.short_observations),
        }
    others = row.short_observations - row.short_confirmed
    return _("%(confirmed)s, and %(photos)s from at least %(others)s") % {
        "confirmed": _confirmed_more(row.short_confirmed),
        "photos": photos,
        "others": ngettext("%(n)s other", "%(n)s others", others) % {"n": number(others)},
    }


def _missing_at_most(row: Readiness) -> str:
    """The counts are lower bounds, so no more than this is missing."""
    parts = [_missing_observations(row)]
    if row.short_photos:
        parts = [_confirmed_more(row.short_confirmed)] if row.short_confirmed else []
        parts += [_photos_more(row.short_photos)]
    return _("at most %(missing)s") % {"missing": _(" and ").join(parts)}


def _confirmed_more(count: int) -> str:
    return ngettext("%(n)s more confirmed observation", "%(n)s more confirmed observations", count) % {
        "n": number(count)
    }


def _observations_more(count: int) -> str:
    return ngettext("%(n)s more observation", "%(n)s more observations", count) % {"n": number(count)}


def _photos_more(count: int) -> str:
    return ngettext("%(n)s photo more", "%(n)s photos more", count) % {"n": number(count)}


def spare(row: Readiness) -> str:
    """How much a class can lose and surely stay one."""
    margin = present(row.margin)
    if margin == 0:
        return _("one observation lost could cost it the class")
    return ngettext(
        "stays a class even if it loses %(n)s observation",
        "stays a class even if it loses %(n)s observations",
        margin,
    ) % {"n": number(margin)}


def to_check(row: Readiness) -> str:
    """How many observations nobody has confirmed yet; empty where there are none."""
    unconfirmed = row.observations - row.community_confirmed
    if unconfirmed <= 0:
        return ""
    return ngettext(
        "%(n)s observation already there is not confirmed",
        "%(n)s observations already there are not confirmed",
        unconfirmed,
    ) % {"n": number(unconfirmed)}


def covered_by(cover: Cover) -> SafeString:
    """Why a taxon has no class of its own, as a clause without a subject."""
    if cover.leaves == 1:
        words = (
            _("lost its class when {leaf} qualified")
            if cover.was_class
            else _("has no class of its own, for {leaf} is one")
        )
    else:
        words = (
            _("lost its class when taxa below it qualified, {leaf} and {others} more")
            if cover.was_class
            else _("has no class of its own, for {leaf} and {others} more below it are classes")
        )
    return format_html(words, leaf=scientific(cover.leaf), others=number(cover.leaves - 1))


def dropped_because(row: Readiness, cover: Cover | None) -> SafeString:
    """ "its genus lost its class when X qualified: 86 photos unused"."""
    unused = ngettext("%(n)s photo unused", "%(n)s photos unused", row.photos) % {"n": number(row.photos)}
    if cover is None:
        return format_html("{}", unused)
    # "Its class has no class" would say nothing to anybody.
    name = rank(cover.ancestor) if cover.ancestor.rank not in ("", "class") else _("parent taxon")
    return format_html(_("its {rank} {why}: {unused}"), rank=name, why=covered_by(cover), unused=unused)


def reason(row: Readiness, cover: Cover | None) -> SafeString:
    """Why the taxon has the status that it has, as a sentence."""
    clause: str
    if row.status == Status.LEAF:
        clause = spare(row)
    elif row.status == Status.COVERED:
        clause = covered_by(cover) if cover else _("taxa below it are classes")
    elif row.status == Status.EXCLUDED:
        clause = excluded_because(row.taxon, row.criteria)
    elif row.status == Status.DROPPED:
        clause = dropped_because(row, cover)
    else:
        clause = _("needs %s") % missing(row)
    return sentence(clause)


def meanwhile(row: Readiness, leaf: Taxon | None) -> SafeString:
    """What happens to the photos of a taxon that is no class, as a sentence, or nothing."""
    if leaf is not None:
        return format_html(_("Its photos teach the {rank} {name}."), rank=rank(leaf), name=scientific(leaf))
    if row.status == Status.SHORT:
        return format_html("{}", _("Its photos teach no class."))
    if row.status == Status.DROPPED:
        return format_html("{}", _("To be a class itself it needs %s.") % missing(row))
    return SafeString()


def sentence(clause: str) -> SafeString:
    """A clause with a capital and a full stop. It may hold markup, but does not begin with any."""
    return format_html("{}.", mark_safe(capfirst(conditional_escape(clause))))  # noqa: S308


def excluded_because(taxon: Taxon, criteria: str) -> str:
    """What keeps a taxon from ever being a class by a rule."""
    if not taxon.is_active:
        return _("not an accepted name: a taxon change replaced it")
    if taxon.rank_level is None:
        return _("the data do not give its rank")
    if taxon.is_extinct:
        return _("globally extinct taxa are never classes")
    if taxon.rank in PRESETS[criteria].barred_ranks:
        return _("hybrids are never classes")
    if taxon.rank_level < SPECIES_RANK_LEVEL:
        return _("taxa below species count toward their species")
    return _("it lies within a taxon that is never a class")


def criteria_meaning(name: str) -> str:
    """What a rule asks of a class, as a clause."""
    rule = PRESETS[name]
    words = _("%(confirmed)s confirmed observations and, beyond those, %(photos)s photos")
    if rule.min_observations:
        words = _(
            "%(observations)s observations, %(confirmed)s of them confirmed"
            " (their community taxon is the taxon shown)"
        )
    return words % {
        "observations": number(rule.min_observations),
        "confirmed": number(rule.confirmed_needed),
        "photos": number(rule.train_min),
    }
