"""The portal's addresses by the patterns of its urls.py: which a crawl has to reach."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

#: Patterns that a crawl does not reach, each with the reason.
UNREACHED = {
    "arrive": "where one lands after signing in",
    "accounts:begin": "takes POST only",
    "accounts:finish": "iNaturalist sends people there after they have signed in",
    "accounts:name_account": "takes POST only",
    "accounts:make_token": "takes POST only",
    "accounts:revoke_token": "takes POST only",
    "accounts:sign_out": "takes POST only",
    "accounts:sign_out_everywhere": "takes POST only",
    "accounts:choose_password": "only a mail has its address",
    "blitzes:picture": "other sites ask for it where the blitz's address is shared",
    "blitzes:act": "takes POST only",
    "blitzes:claim": "takes POST only",
    "batches:take": "takes POST only",
    "batches:forget": "takes POST only",
    "batches:act": "takes POST only",
    "batches:answer": "takes POST only",
    "batches:batch": "only whoever has taken a batch has one",
    "batches:photo_faults_file": "linked once two people have said that a photo is at fault",
    "hotspots:forget": "takes POST only",
    "hotspots:pair": "linked where a confusion has another taxon, which not every lake has",
    "hotspots:save": "takes POST only",
    "hotspots:withdraw": "takes POST only",
    "cutoffs:act": "takes POST only",
    "loads:start": "takes POST only",
    "loads:stop": "takes POST only",
    "notices:remove_webhook": "takes POST only",
    "notices:subscribe_search": "linked beside a search that somebody keeps",
    "notices:confirm_search": "only a mail has its address",
    "notices:unsubscribe_search": "only a mail has its address, and whoever gets it",
    "api:heartbeat": "takes POST only, from trainers",
    "api:results": "takes PUT only, from trainers",
    "language": "takes POST only",
    "api:^": "answers whatever is no address of the API",
    "taxa/<str:rest>/badge.svg": "answers what is no taxon's badge",
}


def name_of(path: str) -> str:
    """Return the name of the pattern that serves a path; '/static/' for files, '' for none."""
    if path.startswith("/static/"):
        return "/static/"
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    return match.view_name if match.url_name else _unnamed(match.namespaces, match.route)


def shape_of(address: str) -> tuple[str, ...]:
    """Return a pattern's name with the names of the query's parameters: what addresses are sampled by."""
    parts = urlsplit(address)
    return (name_of(parts.path), *sorted(parse_qs(parts.query, keep_blank_values=True)))


def every_name() -> Iterator[str]:
    """Yield the names of all patterns but those of Django's admin."""
    return (name for name, _ in every_pattern())


def every_pattern() -> Iterator[tuple[str, URLPattern]]:
    """Yield all patterns but those of Django's admin, each with its name."""
    for space, prefix, pattern in _walk(get_resolver(), (), ""):
        if space[:1] != ("admin",):
            name = pattern.name and ":".join((*space, pattern.name))
            yield name or _unnamed(space, prefix + str(pattern.pattern)), pattern


def _unnamed(spaces: list[str] | tuple[str, ...], route: str) -> str:
    return ":".join((*spaces, "^")) if spaces else route


def _walk(
    resolver: URLResolver, spaces: tuple[str, ...], prefix: str
) -> Iterator[tuple[tuple[str, ...], str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            inner = (*spaces, one.namespace) if one.namespace else spaces
            yield from _walk(one, inner, prefix + str(one.pattern))
        else:
            yield spaces, prefix, one
