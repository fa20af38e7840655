"""What the address of a model's page asks for. What cannot be read is left out and said so: no error page."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.taxa.forms import CladeForm
from portal.taxa.models import Taxon
from portal.taxa.queries.searching import taxon_called
from portal.versions.models import ClassStanding
from portal.versions.queries import BEST, LEAST

Change = ClassStanding.Change

#: The lists of classes with what they are called, in the order of their tabs.
LISTS = {
    Change.GAINED.value: _("Gained"),
    Change.LOST.value: _("Lost"),
    Change.BETTER.value: _("Known better"),
    Change.WORSE.value: _("Known less well"),
    BEST: _("Best known"),
    LEAST: _("Least known"),
    "": _("All"),
}


@dataclass(frozen=True)
class Selection:
    """Which classes of a version are shown: of which list (`show`), within which clade."""

    show: str
    clade: Taxon | None


class ClassesForm(CladeForm):
    """Which classes of a version are shown."""

    show = forms.ChoiceField(label=_("List"), required=False, choices=[*LISTS.items()])

    def called(self, text: str) -> Taxon | None:
        """The taxon with that id or name: a version has places of taxa with ids alone."""
        return taxon_called(text)

    def selection(self) -> tuple[Selection, list[str]]:
        """What to show, and the notices."""
        values, notices = self.read()
        return Selection(values.get("show", ""), values.get("clade")), notices
