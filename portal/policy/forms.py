"""Which cell of the grid the address asks for. What cannot be read is left out and said so."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.policy import wording
from portal.policy.results import DRAWS, LEADS, USUAL, USUAL_LEAD, USUAL_WINDOW, WINDOWS, Choice
from portal.taxa.forms import ForgivingForm


def _leads() -> list[tuple[str, str]]:
    return [(str(days), _("%(days)s ahead") % {"days": wording.days(days)}) for days in LEADS]


def _windows() -> list[tuple[str, str]]:
    return [(str(days), wording.days(days)) for days in WINDOWS]


class LabForm(ForgivingForm):
    """One cell of the grid."""

    who = forms.ChoiceField(label=_("Who reacts"), required=False, choices=[*wording.REACTIONS.items()])
    lead = forms.ChoiceField(label=_("Announced"), required=False, choices=_leads)
    window = forms.ChoiceField(label=_("Settling window"), required=False, choices=_windows)
    draw = forms.ChoiceField(
        label=_("Draw"), required=False, choices=[(name, wording.DRAWS[name]) for name in DRAWS]
    )

    def choice(self) -> tuple[Choice, list[str]]:
        """The cell, and a sentence for each value that cannot be used."""
        values, notices = self.read()
        return (
            Choice(
                values.get("who") or USUAL,
                int(values.get("lead") or USUAL_LEAD),
                int(values.get("window") or USUAL_WINDOW),
                values.get("draw") or DRAWS[0],
            ),
            notices,
        )
