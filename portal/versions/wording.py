"""What iNaturalist's current model has, beside our outlook for the next, in words."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exporter.current_model import Standing
from portal.taxa.models import Status

#: Why a class of the current model need not be one of the next, by our status.
_NO_MORE = {
    Status.COVERED: gettext_lazy(
        "By our count it has a class below it by now, so that the next model would name that instead."
    ),
    Status.EXCLUDED: gettext_lazy(
        "Our rule leaves it out: hybrids, extinct and inactive taxa, and taxa below species. The rule of that"
        " export may have been another, or the taxon has changed since."
    ),
}
_BELOW = gettext_lazy(
    "By our count it is below the line. That can be: labels may have changed since the export, and the data"
    " here may lack observations that iNaturalist has."
)
_NOT_COUNTED = gettext_lazy("The data here have no usable observation of it.")
_NOT_YET = gettext_lazy(
    "By our count it has what the published rule asks for. That can be: it may have crossed the line after"
    " that export, which lies weeks before a model’s release; and iNaturalist’s export may differ from the"
    " rule, which was published in 2022."
)
_ABOVE = gettext_lazy("iNaturalist calls a taxon pending too when its classes lie below it.")


def standing(told: Standing) -> str:
    """What iNaturalist says, in its own words "Included" and "Pending", with its date."""
    if told.is_from_export:
        words = (
            _("Included: it is a class of iNaturalist’s export of %(day)s.")
            if told.is_included
            else _("Pending: it is no class of iNaturalist’s export of %(day)s.")
        )
    else:
        words = (
            _("Included: by iNaturalist’s word of %(day)s it is a class of its current model.")
            if told.is_included
            else _("Pending: by iNaturalist’s word of %(day)s it is no class of its current model.")
        )
    return words % {"day": date_format(told.told_on, "DATE_FORMAT")}


def difference(told: Standing, status: str | None) -> str:
    """Why our outlook and the current model differ, or seem to; "" where they agree."""
    if told.is_included and status != Status.LEAF:
        return str(_NOT_COUNTED if status is None else _NO_MORE.get(Status(status), _BELOW))
    if not told.is_included and status == Status.LEAF:
        return str(_NOT_YET)
    return str(_ABOVE) if not told.is_included and status == Status.COVERED else ""


def is_unexplained(told: Standing, status: str | None) -> bool:
    """Whether it is what people asked iNaturalist about: past the line, and not included."""
    return not told.is_included and status == Status.LEAF
