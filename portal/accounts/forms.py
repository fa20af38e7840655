"""What people fill in about their accounts."""

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.utils.translation import gettext_lazy as _

from portal.text import CleanTextForm

#: The largest address that the column holds.
_LONGEST = 254
_FOR_WHAT = _(
    "Optional. Used for a link to choose a new password and for reminders that you choose; for nothing else."
)


class SignUpForm(UserCreationForm):
    """A name and a password; and an address, for who forgets it."""

    class Meta(UserCreationForm.Meta):
        fields = ("username", "email")

    email = forms.EmailField(
        label=_("e-mail address"), required=False, max_length=_LONGEST, help_text=_FOR_WHAT
    )


class EmailForm(forms.Form):
    """An address of one's own."""

    email = forms.EmailField(
        label=_("e-mail address"), required=False, max_length=_LONGEST, help_text=_FOR_WHAT
    )


class NameForm(forms.Form):
    """One's user name on iNaturalist, or the number in the address of one's page there."""

    name = forms.RegexField(
        r"^[A-Za-z0-9_.-]+$",
        label=_("user name or number on iNaturalist"),
        max_length=100,
        error_messages={"invalid": _("A user name has letters, digits, “-”, “_” and “.” alone.")},
    )


class TokenForm(CleanTextForm, forms.Form):
    """What a token of one's own is for."""

    token_name = forms.CharField(
        label=_("What uses it"), max_length=100, help_text=_("For you to recognise it: “my script”.")
    )


class ForgottenForm(forms.Form):
    """The address that an account gave."""

    email = forms.EmailField(label=_("e-mail address"), max_length=_LONGEST)
