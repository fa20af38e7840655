"""What people fill in to get news of cutoffs and blitzes."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from exporter.errors import DataError
from portal.languages import LANGUAGES
from portal.messages import rendered
from portal.notices import addresses
from portal.notices.models import Phase, Webhook
from portal.taxa.models import Taxon
from portal.taxa.queries.searching import taxon_called
from portal.text import CleanTextForm

#: What is chosen unless somebody chooses otherwise.
USUAL = [Phase.ANNOUNCED, Phase.CHANGED, Phase.SETTLING, Phase.CANCELLED]


class PreferencesForm(CleanTextForm, forms.Form):
    """Which news to get, how often, and of which clade."""

    phases = forms.MultipleChoiceField(
        label=_("Send a mail when"),
        choices=Phase.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=USUAL,
    )
    clade = forms.CharField(
        label=_("A clade"),
        required=False,
        max_length=200,
        help_text=_(
            "Name or ID of a taxon: mails say how it stands, and name no blitz outside it. May stay empty."
        ),
    )
    is_digest = forms.BooleanField(label=_("At most once a week, on Mondays"), required=False)
    language = forms.ChoiceField(
        label=_("Language of the mails"), choices=LANGUAGES, required=False, initial=get_language
    )

    def __init__(self, *args: Any, has_account: bool = False, **kwargs: Any) -> None:
        """``has_account``: the mails follow the groups and places of an account, and ask for no clade."""
        super().__init__(*args, **kwargs)
        if has_account:
            del self.fields["clade"]

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or get_language()

    def clean_clade(self) -> Taxon | None:
        text = self.cleaned_data["clade"]
        if not text:
            return None
        taxon = taxon_called(text)
        if taxon is None:
            raise forms.ValidationError(
                _("No taxon has that name or ID. Choose another, or leave the field empty.")
            )
        return taxon


class SubscriptionForm(PreferencesForm):
    """The same, and the address."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    field_order = ("email",)


class SearchMailForm(forms.Form):
    """Where the mails about a search go."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    language = forms.ChoiceField(
        label=_("Language of the mails"), choices=LANGUAGES, required=False, initial=get_language
    )

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or get_language()


class WebhookForm(CleanTextForm, forms.ModelForm):
    """A program that gets news."""

    phases = forms.MultipleChoiceField(
        label=_("Call it when"),
        choices=Phase.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=Phase.values,
    )

    url = forms.URLField(label=_("Address"), max_length=500, assume_scheme="https")

    class Meta:
        model = Webhook
        fields = ("name", "url", "format", "phases", "api_key", "api_user", "topic_id")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            parts = addresses.check(url)
            addresses.public_address(parts.hostname or "", parts.port or 443)
        except DataError as error:
            raise forms.ValidationError(rendered(error.messages)) from None
        return url

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("format") == Webhook.Format.DISCOURSE and not (
            values.get("api_key") and values.get("api_user")
        ):
            raise forms.ValidationError(_("Discourse needs an API key and the user that it belongs to."))
        return values
