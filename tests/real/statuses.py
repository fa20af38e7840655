"""A taxon's status as the command line, the API, its CSV and Parquet, the page and the badge show it."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pyarrow.parquet as pq
from django.test import Client

from portal.taxa.models import Taxon
from tests.real import commands

AT_ONCE = 500
_VERDICT = re.compile(r'class="verdict">\s*<span class="status status-(\w+)">.*?</svg>([^<]*)</span>', re.S)
_BADGE = re.compile(r'aria-label="[^":]*: ([^"]*)"')
#: A status in the words of pages and badges.
WORDS = {
    "leaf": "included",
    "covered": "has classes below it",
    "rolled_up": "rolled up into a wider class",
    "dropped": "unused",
    "short": "not enough data",
    "excluded": "not eligible",
    "": "no data",
}
#: Statuses of which a badge says how much is missing.
BELOW = ("short", "rolled_up", "dropped")

#: status, class and margin of a taxon, as text
Shown = tuple[str, str, str]


def faults(lake: object, client: Client, criteria: str, most: int) -> Iterator[str]:
    """Compare all that shows a taxon's status with the command line; pages and badges of ``most`` taxa."""
    outcome = commands.run("--lake", lake, "readiness", "--criteria", criteria, "--format", "csv")
    expected = {
        int(row["taxon_id"]): (row["status"], row["leaf_taxon_id"], row["margin"])
        for row in csv.DictReader(io.StringIO(outcome.out))
    }
    every = list(Taxon.objects.order_by("id").values_list("id", flat=True))
    uncounted = dict.fromkeys(every, ("", "", "")) | expected
    if missing := sorted(expected.keys() - set(every))[:3]:
        yield f"{criteria}: taxa {missing} are counted, but not in the database"
    yield from _differences(f"{criteria}: API readiness", expected, _readiness(client, criteria, ""))
    yield from _differences(f"{criteria}: CSV readiness", expected, _readiness(client, criteria, "text/csv"))
    for media in ("", "text/csv"):
        result = _inclusion(client, criteria, every, media)
        yield from _differences(f"{criteria}: API inclusion {media}", uncounted, result)
    if criteria == "inat-2022":
        yield from _differences("Parquet of inclusion", uncounted, _parquet(client))
        yield from _faults_of_badges(client, uncounted, most)
    yield from _faults_of_pages(client, criteria, uncounted, most)


def _differences(what: str, expected: dict[int, Shown], found: dict[int, Shown]) -> Iterator[str]:
    differing = sorted(one for one in expected.keys() | found.keys() if expected.get(one) != found.get(one))
    if differing:
        one = differing[0]
        yield (
            f"{what}: {len(differing)} of {len(expected)} taxa differ from the command line, the first"
            f" {one}: {found.get(one)} for {expected.get(one)}"
        )


def _readiness(client: Client, criteria: str, media: str) -> dict[int, Shown]:
    """Every page of the API's list."""
    result: dict[int, Shown] = {}
    address = f"/api/v1/readiness/?criteria={criteria}&page_size={AT_ONCE}"
    while address:
        response = client.get(address, headers={"accept": media} if media else {})
        rows = _records(response.content.decode()) if media else response.json()["results"]
        for row in rows:
            result[int(row["taxon_id"])] = _shown(row["status"], row["leaf_taxon_id"], row["margin"])
        following = re.match(r'<([^>]*)>; rel="next"', response.headers.get("Link", ""))
        address = following[1] if following else ""
    return result


def _inclusion(client: Client, criteria: str, taxa: Sequence[int], media: str) -> dict[int, Shown]:
    result: dict[int, Shown] = {}
    for start in range(0, len(taxa), AT_ONCE):
        ids = ",".join(map(str, taxa[start : start + AT_ONCE]))
        response = client.get(
            f"/api/v1/inclusion/?criteria={criteria}&taxon_id={ids}",
            headers={"accept": media} if media else {},
        )
        if media:
            for row in _records(response.content.decode()):
                values = (row["outlook_status"], row["outlook_class_taxon_id"], row["line_margin"])
                result[int(row["taxon_id"])] = _shown(*values)
        else:
            for row in response.json()["results"]:
                outlook = row["outlook"]
                values = (outlook["status"], outlook["class_taxon_id"], row["line"]["margin"])
                result[row["taxon_id"]] = _shown(*values)
    return result


def _parquet(client: Client) -> dict[int, Shown]:
    response = client.get("/api/v1/files/inclusion.parquet")
    content = b"".join(response.streaming_content)
    response.close()
    columns = ["taxon_id", "outlook_status", "outlook_class_taxon_id", "line_margin"]
    rows = pq.read_table(io.BytesIO(content), columns=columns).to_pylist()
    return {row[columns[0]]: _shown(*(row[name] for name in columns[1:])) for row in rows}


def _faults_of_badges(client: Client, expected: dict[int, Shown], most: int) -> Iterator[str]:
    wrong = []
    for taxon_id in spread(expected, most):
        said = _BADGE.search(client.get(f"/taxa/{taxon_id}/badge.svg").content.decode())[1]
        status, _class, margin = expected[taxon_id]
        if re.fullmatch(_words_of_badge(status, margin, _is_in_model(client, taxon_id)), said) is None:
            wrong.append(f"{taxon_id} says {said!r} for {status or 'no status'} {margin}")
    if wrong:
        yield f"{len(wrong)} badges differ from the command line, the first: {wrong[0]}"


def _words_of_badge(status: str, margin: str, is_in_model: bool | None) -> str:
    """What a badge says, as a pattern: the status, what is missing, and how the current model differs."""
    words = re.escape(WORDS[status])
    if status in BELOW:
        words += f", short by (at most )?{int(margin[1:]):,}"
    if status == "leaf":
        return "included in the next model" if is_in_model is False else words
    return words + ("; in the current model" if is_in_model else "")


def _is_in_model(client: Client, taxon_id: int) -> bool | None:
    (row,) = client.get(f"/api/v1/inclusion/?taxon_id={taxon_id}").json()["results"]
    return row["current_model"]["included"]


def _faults_of_pages(client: Client, criteria: str, expected: dict[int, Shown], most: int) -> Iterator[str]:
    wrong = []
    for taxon_id in spread(expected, most):
        status = expected[taxon_id][0]
        result = _VERDICT.search(client.get(f"/taxa/{taxon_id}/?criteria={criteria}").content.decode())
        shown = (result[1], result[2].strip().lower()) if result else ("", WORDS[""])
        if shown != (status, WORDS[status]):
            wrong.append(f"{taxon_id} shows {shown} for {status or 'no status'!r}")
    if wrong:
        yield f"{criteria}: {len(wrong)} pages differ from the command line, the first: {wrong[0]}"


def spread(expected: dict[int, Shown], most: int) -> Sequence[int]:
    """Return so many taxa at most, as many of each status as there are."""
    by_status = defaultdict(list)
    for taxon_id, (status, *_) in sorted(expected.items()):
        by_status[status].append(taxon_id)
    each = -(-most // max(len(by_status), 1))
    return [one for taxa in by_status.values() for one in taxa[:: max(len(taxa) // each, 1)][:each]]


def _records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _shown(status: object, class_taxon_id: object, margin: object) -> Shown:
    status, class_taxon_id, margin = (
        "" if one is None else str(one) for one in (status, class_taxon_id, margin)
    )
    return status, class_taxon_id, margin
