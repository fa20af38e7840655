"""A taxon's badge: its inclusion in a few words, to embed in other pages."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework.renderers import BaseRenderer

from portal import numbers
from portal.present import present
from portal.taxa import queries, wording
from portal.taxa.models import Status
from portal.taxa.queries.inclusion import Standing

#: White on each of these has a contrast of 4.5 or more.
GREEN, LIGHT_GREEN, WARM, GREY = "#27633a", "#3d7a4f", "#8a4206", "#4a574e"
_LETTER_WIDTH = 6.6
_MARGIN = 8


class SVG(BaseRenderer):
    """A badge's words as a picture, 22 pixels high. The letters are stretched to the width reckoned."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        subject, words = _("iNaturalist model"), data["words"]
        left_text, right_text = (round(_LETTER_WIDTH * len(text)) for text in (subject, words))
        left, right = left_text + 2 * _MARGIN, right_text + 2 * _MARGIN
        context = {
            "subject": subject,
            "left": left,
            "right": right,
            "left_text": left_text,
            "right_text": right_text,
            "right_x": left + _MARGIN,
            "width": left + right,
        }
        return render_to_string("api/badge.svg", data | context)


def badge(row: Standing, in_model: bool | None) -> dict[str, str]:
    """The words and the colour: the status that pages show, and where the current model differs from it.

    ``in_model``: whether the taxon is a class of the current model; None where that is not known.
    """
    words = wording.status_name(row.status)
    if row.status == Status.LEAF:
        if in_model is False:
            return {"words": _("included in the next model"), "colour": LIGHT_GREEN}
        return {"words": words, "colour": GREEN}
    if row.status in queries.BELOW:
        words = _("%(status)s, %(short)s") % {"status": words, "short": _short_by(row)}
    if in_model:
        words = _("%(status)s; in the current model") % {"status": words}
    return {"words": words, "colour": WARM if row.status in queries.BELOW else GREY}


def _short_by(row: Standing) -> str:
    """ "short by 12", or "short by at most 12" where the counts are lower bounds."""
    missing = -present(row.margin)
    words = (
        ngettext("short by at most %(n)s", "short by at most %(n)s", missing)
        if row.is_lower_bound
        else ngettext("short by %(n)s", "short by %(n)s", missing)
    )
    return words % {"n": numbers.number(missing)}
