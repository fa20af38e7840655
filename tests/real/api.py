"""Addresses of the API as its own description gives them: every path, with every choice it names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from urllib.parse import urlencode

from portal.api import schema
from portal.blitzes.models import Blitz
from portal.hotspots.models import Hotspot
from portal.taxa.models import Readiness
from portal.training.models import Run
from portal.versions.models import ModelVersion

#: How many taxa each path is tried with.
TAXA = 4


def addresses(*, for_trainers: bool) -> list[str]:
    """Return addresses of every path that is read, for what the database holds: by all, or with a token."""
    reads = [
        (path, methods["get"])
        for path, methods in json.loads(schema.document())["paths"].items()
        if "get" in methods and ("training-runs" in path) == for_trainers
    ]
    return [one for path, operation in reads for one in _of_path(path, operation)]


def _of_path(path: str, operation: Mapping) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    needed = {one["name"]: _values(one["name"], path) for one in parameters if one.get("required")}
    in_path = {one["name"] for one in parameters if one["in"] == "path"}
    for number, chosen in enumerate(product(*needed.values())):
        values = dict(zip(needed, chosen, strict=True))
        address = path.format(**{name: values[name] for name in in_path})
        query = {name: value for name, value in values.items() if name not in in_path}
        yield _joined(address, query)
        if number == 0:
            for choice in _choices(parameters):
                yield _joined(address, query | choice)


def _choices(parameters: Sequence[Mapping]) -> Iterator[dict[str, object]]:
    for one in parameters:
        for value in one["schema"].get("enum", ()):
            yield {one["name"]: value}
        if one["name"] == "clade":
            yield {"clade": _taxa()[0]} if _taxa() else {}
        if one["name"] == "page_size":
            yield {"page_size": 2}


def _joined(address: str, query: Mapping[str, object]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _values(name: str, path: str) -> list[object]:
    """Values that a parameter may have, from the database."""
    if name == "taxon_id":
        with_work = Hotspot.objects.filter(criteria="inat-2022").values_list("taxon_id", flat=True)
        return list(with_work[:TAXA]) if "worklist" in path else _taxa()
    if name == "run_id":
        # A trainer sees its own runs: the last one is.
        return [Run.objects.latest("pk").pk]
    rows = Blitz.objects if name == "blitz_id" else ModelVersion.objects
    return list(rows.values_list("pk" if name == "blitz_id" else "name", flat=True)[:TAXA])


def _taxa() -> list[object]:
    """Some taxa of different status."""
    by_status = dict(Readiness.objects.order_by("-observations").values_list("status", "taxon_id"))
    return sorted(by_status.values())[:TAXA]
