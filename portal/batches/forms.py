"""What people send to batches."""

from django import forms

from portal.batches.models import Verdict

#: Beside the answers: nothing to say of a row, and taking back what was said.
SKIP, UNDO = "skip", "undo"


class TakeForm(forms.Form):
    """Which part of a worklist a batch is to be of: the query of its page's address."""

    query = forms.CharField(required=False, max_length=1000)


class AnswerForm(forms.Form):
    """What somebody answers about a row."""

    answer = forms.ChoiceField(choices=[*Verdict.choices, (SKIP, ""), (UNDO, "")])
