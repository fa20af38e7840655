"""Numbers as people read them: counts, shares and expected numbers, rounded, in the reader's own language.

Expected numbers are said to be so: "about", and with their interval.
"""

from math import ceil, floor

from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

#: From here on an expected number is written as a whole one.
_ONE = 0.95


def number(value: int) -> str:
    """Return a whole number with its thousands marked, as the reader's language does."""
    return number_format(value, use_l10n=True, force_grouping=True)


def decimal(value: float, places: int) -> str:
    """Return a number rounded to so many decimal places, as the reader's language writes it."""
    # Left to itself, `number_format` cuts off what it does not show.
    return number_format(round(value, places), decimal_pos=places, use_l10n=True, force_grouping=True)


def signed(value: float, places: int) -> str:
    """Return the same with its sign: "+4.1", "−0.3"; without one where it rounds to 0."""
    rounded = round(value, places)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return sign + decimal(abs(rounded), places)


def significant(value: float, digits: int) -> str:
    """Return a number to so many significant digits: "0.03", "2e-09"."""
    return f"{value:.{digits}g}".replace(".", get_format("DECIMAL_SEPARATOR"))


# Shares ------------------------------------------------------------------------------------------


def percent(share: float) -> int:
    """Return a share of 1 in whole per cent; 0 and 100 only where it is so, or nearer than a tenth."""
    if 0.001 < share < 0.01:
        return 1
    if 0.99 < share < 0.999:
        return 99
    return round(100 * share)


def percent_words(share: float, places: int = 0) -> str:
    """Return a share of 1 with its sign: "93 %", or "93.4 %" with one place."""
    return _("%(share)s %%") % {"share": decimal(100 * share, places) if places else percent(share)}


def part(share: float) -> str:
    """Return a share of 1 in words that never say nothing, or all, of what is not so: "less than 1 %"."""
    if 0 < share < 0.01:
        return _("less than 1 %")
    return _("%(share)s %%") % {"share": min(round(100 * share), 99) if share < 1 else 100}


# Expected numbers --------------------------------------------------------------------------------


def roughly(value: float) -> str:
    """Return an expected number as it is said: whole, and never a precise nought."""
    return number(round(value)) if value >= _ONE else _("less than 1")


def whole(value: float) -> int:
    """Return the whole number that is said of an expected one, to choose a sentence's form by: at least 1."""
    return max(1, round(value))


def tersely(value: float) -> str:
    """Return the same where there is no room for words."""
    return number(round(value)) if value >= _ONE else "<1"


def about(value: float) -> str:
    """Return the same at the beginning of a sentence."""
    return _("About %s") % number(round(value)) if value >= _ONE else _("Less than 1")


def bounds(low: float, high: float) -> tuple[int, int]:
    """Return an interval in whole numbers, rounded outward."""
    return floor(low), ceil(high)


def interval(low: float, high: float) -> str:
    """Return an interval of numbers in words: "48 to 78"."""
    lowest, highest = bounds(low, high)
    return _("%(low)s to %(high)s") % {"low": number(lowest), "high": number(highest)}
