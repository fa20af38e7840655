"""How a hotspot's number was come by, step by step: what its page says under "How do we know?"."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.hotspots.models import Evidence, Hotspot, Kind
from portal.hotspots.wording import reviewed, share
from portal.numbers import interval, number, roughly

EVIDENCE_MEANINGS = {
    Evidence.IDENTIFICATIONS: gettext_lazy(
        "The data say who identified what, in which order, and what was suggested by computer vision."
    ),
    Evidence.VOTES: gettext_lazy(
        "The data say only how many people agreed and disagreed, not who or when. The intervals are wider"
        " for it."
    ),
    Evidence.RECORDS: gettext_lazy(
        "The data have no identifications, only grade, place and date. The intervals are widest here."
    ),
}


def grounds(row: Hotspot) -> list[str]:
    """How the number was come by, step by step, with this hotspot's own figures."""
    steps = [_carried(row), str(EVIDENCE_MEANINGS[Evidence(row.evidence)])]
    if row.evidence == Evidence.IDENTIFICATIONS:
        steps += [_looked_at(row), _not_looked_at(row)]
    else:
        steps.append(
            _(
                "So each label starts from what is usual in its genus, and is moved by fixed amounts for what"
                " is known of it."
            )
        )
    if Kind.MODEL in row.kinds:
        steps.append(
            _(
                "The newest training run takes photos of some for another class, having been trained without"
                " them. That is a reason to look, and moves no probability here."
            )
        )
    return [*steps, _added_up(row)]


def _carried(row: Hotspot) -> str:
    carried = ngettext(
        "%(n)s observation carries this label", "%(n)s observations carry this label", row.labels
    ) % {"n": number(row.labels)}
    return _("%(carried)s; computer vision suggested it for %(vision)s.") % {
        "carried": carried,
        "vision": number(row.from_vision),
    }


def _looked_at(row: Hotspot) -> str:
    if not row.reviewed:
        return _("Nobody with a record of being right in this clade has looked at any of them.")
    return _(
        "People with a record of being right in this clade judged observations that had this label then, and"
        " named another taxon for %(share)s. Agreeing with the label already there counts for less than"
        " naming the taxon first."
    ) % {"share": share(reviewed(row))}


def _not_looked_at(row: Hotspot) -> str:
    return _(
        "Those that none of them has judged are taken to be wrong as often as the ones judged, of the same"
        " name and source; where these are few, the genus and the family count too. If skilled people look"
        " mostly at doubtful ones, that is too often."
    )


def _added_up(row: Hotspot) -> str:
    return _(
        "Added up over its observations, the probabilities of being wrong give %(expected)s; the 90 %%"
        " interval is %(interval)s. It narrows as more is looked at."
    ) % {
        "expected": roughly(row.expected_wrong),
        "interval": interval(row.expected_wrong_low, row.expected_wrong_high),
    }
