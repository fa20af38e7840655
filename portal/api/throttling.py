"""How many requests a minute: so many for each address and account, and more for each token of a program."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from portal.accounts.models import Token
from portal.throttling import MINUTE_S, Allowance, CountersAwayError, address_of, count


class PerMinute(BaseThrottle):
    """Counts by the clock's minute. What is answered with 304 is not counted.

    Where the counters cannot be reached everybody may read.
    """

    allowance: Allowance

    def allow_request(self, request: HttpRequest, view: APIView) -> bool:
        token = getattr(request, "auth", None)
        try:
            if isinstance(token, Token) and token.user_id is not None:
                # Whoever makes many tokens of their own, or takes many addresses, has no more for it.
                who = f"api-account-{token.user_id}"
                self.allowance = count(who, settings.API_PER_MINUTE_ADDRESS, MINUTE_S)
            elif isinstance(token, Token):
                self.allowance = count(f"api-token-{token.pk}", settings.API_PER_MINUTE_TOKEN, MINUTE_S)
            else:
                who = f"api-address-{address_of(request)}"
                self.allowance = count(who, settings.API_PER_MINUTE_ADDRESS, MINUTE_S)
        except CountersAwayError:
            return True
        setattr(request, "allowance", self.allowance)  # noqa: B010  # for `Address.finalize_response`
        return not self.allowance.is_spent

    def wait(self) -> int:
        return self.allowance.reset_s
