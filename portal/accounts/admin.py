from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts import services
from portal.accounts.models import OF_PROGRAMS, Scope, Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Tokens are made here, shown once, and revoked; never altered, and kept for the record."""

    list_display = ["name", "scope", "start", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["scope"]
    fields = ["name", "scope"]
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        # The list's action needs the permission; a single token has no form.
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "scope":  # people make tokens of their own by themselves
            options["choices"] = [("", "---------"), *((scope.value, scope.label) for scope in OF_PROGRAMS)]
        return super().formfield_for_choice_field(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Token, form: ModelForm, change: bool) -> None:
        made, text = services.make_token(obj.name, Scope(obj.scope))
        obj.pk = made.pk
        words = _("The token, shown this once: %(token)s")
        self.message_user(request, words % {"token": text}, messages.WARNING)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Token]) -> None:
        for token in chosen:
            services.revoke(token)
        self.message_user(request, _("Revoked; they are refused from now on."))

    def log_addition(self, request: HttpRequest, obj: Token, message: Any) -> Any:
        obj.refresh_from_db()
        return super().log_addition(request, obj, message)
