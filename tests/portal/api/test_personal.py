"""Facets about the reader at the API: for the account of a token, and kept by no cache."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts import services
from portal.accounts.models import Scope
from portal.batches.models import SeenObservation
from portal.batches.services import holders
from portal.hotspots.facets import PERSONAL
from tests.portal.api.conftest import assert_refused
from tests.portal.hotspots.findings import IMPATIENS
from tests.portal.hotspots.test_personal import ANA, BEN, in_file, listed, seen_on_page
from tests.portal.hotspots.test_personal import person as reader

__all__ = ["listed", "reader"]


@pytest.fixture
def tokens(listed, reader):
    """Authorization of Ana, who saw 1; Ben, who saw 2; somebody who says she is Ana; a new one; a program."""
    people = {
        "ana": reader("ana", ANA),
        "ben": reader("ben", BEN),
        "says": reader("says", ANA, is_proven=False),
        "new": reader("new"),
    }
    for name, number in (("ana", 1), ("ben", 2)):
        SeenObservation.objects.create(holder=holders.of_account(people[name]), observation_id=number)
    texts = {name: services.make_own_token(user, "a script") for name, user in people.items()}
    texts["program"] = services.make_token("a field guide", Scope.CONSUMER)[1]
    return {None: {}} | {name: {"Authorization": f"Bearer {text}"} for name, text in texts.items()}


ANSWERS = [
    ("ana", "own=1", [1, 2]),
    ("ana", "maverick=true", [3]),
    ("ana", "unseen=1", [2, 3, 4]),
    ("ana", "own=1&unseen=1", [2]),
    ("ben", "own=1", []),
    ("ben", "maverick=1", [2]),
    ("ben", "unseen=1", [1, 3, 4]),
    ("says", "own=1", [1, 2]),
    ("new", "unseen=1", [1, 2, 3, 4]),
    ("program", "own=0&unseen=false", [1, 2, 3, 4]),
]


def test_page_file_feed_and_api_find_the_same(tokens, get, client, django_user_model):
    for name, query, ids in ANSWERS:
        for address in ("/worklist/", f"/hotspots/{IMPATIENS}/worklist/"):
            answered = get(f"{address}?{query}", **tokens[name])
            assert [row["observation_id"] for row in answered.json()["results"]] == ids, (name, query)
            assert answered.headers["Cache-Control"] == "private, no-store"
            varies = {word.strip() for word in answered.headers["Vary"].split(",")}
            assert {"Accept", "Authorization"} <= varies
            assert "ETag" not in answered.headers
            table = get(f"{address}?format=csv&{query}", **tokens[name]).content.decode().splitlines()
            assert [int(row["observation_id"]) for row in csv.DictReader(table)] == ids
        if name == "program":
            continue
        user = django_user_model.objects.get(username=name)
        client.force_login(user)
        assert seen_on_page(client, query) == sorted(ids)
        assert in_file(client, query) == ids
        label = client.get(f"/hotspots/{IMPATIENS}/worklist.csv?{query}").getvalue().decode().splitlines()
        assert [int(row["observation_id"]) for row in csv.DictReader(label)] == ids
        client.logout()


SEND = "send a token of your account as `Authorization: Bearer TOKEN`; the page of your account makes one."
REFUSED = [
    (None, "own", 401, SEND),
    (None, "maverick", 401, SEND),
    (None, "unseen", 401, SEND),
    ("program", "own", 403, SEND),
    ("program", "unseen", 403, SEND),
    ("new", "own", 403, "say on the page of your account who you are on iNaturalist."),
    (
        "says",
        "maverick",
        403,
        "only for people who signed in with iNaturalist; do that on the page of your account.",
    ),
]


@pytest.mark.parametrize(("name", "facet", "status", "words"), REFUSED)
def test_who_is_not_known_is_told_in_one_line_what_to_do(tokens, get, name, facet, status, words):
    answered = get(f"/worklist/?{facet}=1", **tokens[name])
    assert_refused(answered, status)
    assert answered.json()["detail"] == f"{facet}: {words}"
    assert answered.headers["Cache-Control"] == "private, no-store"
    assert ("WWW-Authenticate" in answered.headers) == (status == 401)


def test_a_revoked_token_and_a_closed_account_open_nothing(tokens, get, client, django_user_model):
    ana = django_user_model.objects.get(username="ana")
    ben = django_user_model.objects.get(username="ben")
    services.revoke(ana.tokens.get())
    django_user_model.objects.filter(pk=ben.pk).update(is_active=False)
    for name in ("ana", "ben"):
        assert_refused(get("/worklist/?own=1", **tokens[name]), 401)


def test_a_signed_in_browser_without_a_token_is_a_stranger(tokens, client, django_user_model):
    """Nor does a batch's cookie say who it is: other sites may have a browser read the API."""
    client.force_login(django_user_model.objects.get(username="ana"))
    for facet in PERSONAL:
        assert client.get(f"/api/v1/worklist/?{facet}=1").status_code == 401


def test_the_number_of_queries_does_not_grow_with_the_rows(tokens, get, django_assert_max_num_queries):
    query = "own=1&maverick=1&unseen=1"
    get("/worklist/", **tokens["ana"])
    for facets in (query, "unseen=1"):
        for size in (1, 4):
            with django_assert_max_num_queries(5):
                get(f"/worklist/?page_size={size}&{facets}", **tokens["ana"])


def test_all_tokens_of_an_account_share_its_requests(tokens, get, settings, django_user_model):
    settings.API_PER_MINUTE_ADDRESS = 2
    user = django_user_model.objects.get(username="ana")
    other = {"Authorization": f"Bearer {services.make_own_token(user, 'another')}"}
    assert [get("/", **sent).status_code for sent in (other, tokens["ana"], other)] == [200, 200, 429]
    assert get("/", **tokens["ben"]).status_code == 200


def test_a_token_of_one_s_own_is_shown_once_and_revoked_by_its_owner_alone(tokens, client, django_user_model):
    ana, ben = (django_user_model.objects.get(username=name) for name in ("ana", "ben"))
    client.force_login(ana)
    shown = client.post("/accounts/tokens/", {"token_name": "my\u2028script"})
    text = next(word for word in shown.content.decode().split("<code>") if word.startswith("leafline_"))
    assert text.partition("<")[0] not in client.get("/accounts/").content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    made = ana.tokens.get(name="my script")
    assert (made.scope, made.start) == (Scope.PERSON, text[:13])
    client.force_login(ben)
    assert client.post("/accounts/tokens/revoke/", {"token": made.pk}).status_code == 404
    client.force_login(ana)
    client.post("/accounts/tokens/revoke/", {"token": made.pk})
    assert not ana.tokens.filter(name="my script", revoked_at=None).exists()
    for _ in range(services.MOST_OWN_TOKENS):
        page = client.post("/accounts/tokens/", {"token_name": "more"}, follow=True).content.decode()
    assert "You have 5 tokens. Revoke one first." in page


def test_what_is_posted_for_a_token_and_is_none_is_one_line(tokens, client, django_user_model):
    client.force_login(django_user_model.objects.get(username="ana"))
    page = client.post("/accounts/tokens/", {"token_name": " \x00"}, follow=True).content.decode()
    assert page.count("Say what uses the token.") == 1
    for text in ("", "x", str(10**30)):
        assert client.post("/accounts/tokens/revoke/", {"token": text}).status_code == 404


# Caches


class Proxy:
    """A shared cache that keeps and gives out all that RFC 9111 lets it, and sends on every tag it knows."""

    def __init__(self, get):
        self._get = get
        self._kept = {}

    def get(self, address, *, asks_again, **headers):
        kept = self._kept.setdefault(address, [])
        fitting = [answered for sent, answered in kept if self._fits(sent, answered, headers)]
        if fitting and not asks_again:
            return fitting[-1]
        tags = ", ".join(answered.headers["ETag"] for _, answered in kept if "ETag" in answered.headers)
        answered = self._get(address, **headers, **({"If-None-Match": tags} if tags else {}))
        if answered.status_code == 304:
            return next(old for _, old in kept if old.headers.get("ETag") == answered.headers["ETag"])
        rules = answered.headers["Cache-Control"]
        may_keep = not {"no-store", "private"}.intersection(rules.replace(" ", "").split(","))
        if may_keep and ("Authorization" not in headers or "public" in rules):
            kept.append((headers, answered))
        return answered

    @staticmethod
    def _fits(sent, answered, headers):
        names = [name.strip() for name in answered.headers.get("Vary", "").split(",")]
        return all(sent.get(name) == headers.get(name) for name in names)


NAMES = st.sampled_from([None, "ana", "ben", "says", "new", "program"])
#: A name in an address may be written in many ways.
WRITTEN = ("own", "%6Fwn", "maverick", "maveric%6b", "unseen", "disputed")
PARTS = st.tuples(st.sampled_from(WRITTEN), st.sampled_from(["1", "true", "0", "no"])).map("=".join)
QUERIES = st.lists(PARTS, min_size=1, max_size=2).map("&".join)
REQUESTS = st.tuples(NAMES, st.sampled_from([{}, {"Accept": "text/csv"}]), st.booleans())


@settings(max_examples=30)
@given(query=QUERIES, requests=st.lists(REQUESTS, min_size=3, max_size=8))
def test_no_cache_gives_one_reader_s_answer_to_another(tokens, get, settings, query, requests):
    settings.API_PER_MINUTE_ADDRESS = settings.API_PER_MINUTE_TOKEN = 1_000_000
    address, proxy = f"/worklist/?{query}", Proxy(get)
    for name, accepted, asks_again in requests:
        headers = tokens[name] | accepted
        given_out, own = proxy.get(address, asks_again=asks_again, **headers), get(address, **headers)
        assert (given_out.status_code, given_out.content) == (own.status_code, own.content)
