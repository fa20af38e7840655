"""The picture that shows where somebody shares a blitz (Open Graph): its title, its target, how far it is.

1200 by 630 pixels, a PNG of few colours: about 20 kB. The fonts are those of the pages: Latin letters alone.
"""

import textwrap
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from django.contrib.staticfiles import finders
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from portal.blitzes import wording
from portal.blitzes.queries import Course

SIZE = (1200, 630)
#: The colours of the light theme: `static/leafline/leafline.css`.
PAPER, INK, SOFT, LEAF, REST = "#f5f2e8", "#1c2821", "#4a574e", "#27633a", "#a9b09f"
_MARGIN, _BAR_TOP, _BAR_HEIGHT = 80, 440, 36
#: How many letters a line of the title has, and how many lines.
_LINE, _LINES = 30, 3
#: The last letter of the fonts' Latin.
_LAST_LETTER = "\u024f"
#: So few suffice for letters with soft edges in four colours.
_COLOURS = 32


class Shown(NamedTuple):
    """What the picture says, in the reader's language; ``share`` of the bar is filled, 0 to 1."""

    title: str
    clade: str
    target: str
    days: str
    share: float


def picture_of(course: Course, targets: int) -> bytes:
    """Return the picture of a blitz with so many observations on its list, as a PNG."""
    blitz = course.blitz
    looked_at = course.latest.looked_at if course.latest else 0
    days = _("%(start)s to %(end)s") % {
        "start": date_format(blitz.starts_at, "DATE_FORMAT"),
        "end": date_format(blitz.closes_at, "DATE_FORMAT"),
    }
    return png(
        Shown(
            title=wording.marked(blitz, blitz.title),
            clade=str(blitz.clade),
            target=wording.target(course, targets) if targets else "",
            days=days,
            share=looked_at / targets if targets else 0.0,
        )
    )


@lru_cache(maxsize=64)
def png(shown: Shown) -> bytes:
    """Draw it."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 16), fill=LEAF)
    _write(draw, 48, "Leafline", 34, LEAF, weight=700)
    title = shown.title if _can_be_written(shown.title) else shown.clade
    lines = textwrap.wrap(title, _LINE, max_lines=_LINES, placeholder=" …")
    for place, line in enumerate(lines):
        _write(draw, 110 + 78 * place, line, 66, INK, weight=700)
    if shown.clade not in title:
        _write(draw, 118 + 78 * len(lines), shown.clade, 40, SOFT)
    right = SIZE[0] - _MARGIN
    bar = (_MARGIN, _BAR_TOP, right, _BAR_TOP + _BAR_HEIGHT)
    draw.rounded_rectangle(bar, radius=10, fill=REST)
    if shown.share > 0:
        filled = _MARGIN + max(20, round((right - _MARGIN) * min(shown.share, 1)))
        draw.rounded_rectangle((*bar[:2], filled, bar[3]), radius=10, fill=LEAF)
    _write(draw, 496, shown.target, 44, INK, weight=600)
    _write(draw, 558, shown.days, 32, SOFT)
    file = BytesIO()
    image.quantize(_COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _write(
    draw: ImageDraw.ImageDraw, top: int, words: str, size: int, colour: str, weight: int = 400
) -> None:
    font = _font(size, weight)
    while font.getlength(words) > SIZE[0] - 2 * _MARGIN:
        words = f"{words[:-2]}…"
    draw.text((_MARGIN, top), words, font=font, fill=colour)


@lru_cache
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = finders.find("vendor/source-sans-3/source-sans-3-latin-wght-normal.woff2")
    font = ImageFont.truetype(str(path), size)
    font.set_variation_by_axes([weight])
    return font


def _can_be_written(words: str) -> bool:
    """Whether the fonts have its letters."""
    return all(sign <= _LAST_LETTER or not sign.isalpha() for sign in words)
