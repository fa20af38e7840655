"""The stand-in's answers have the fields of iNaturalist's recorded ones, and of the same types."""

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import requests

from tests.exporter.conftest import SHARED_DATA
from tests.standin.server import StandIn

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the recorded answers are not on this machine"),
]
RECORDED = SHARED_DATA / "2_identifications"
#: Share of the recorded objects that have a field, from which on the stand-in must have it too.
COMMON = 0.9
#: What a simulated world has none of, so that there is nothing whose fields could be compared.
NOT_SIMULATED = (
    ".annotations[]",
    ".application",
    ".field_change_times[]",
    ".flags[]",
    ".non_owner_ids[]",
    ".observation_photos[]",
    ".ofvs[]",
    ".outlinks[]",
    ".project_observations[]",
    ".comments[]",
    ".faves[]",
    ".votes[]",
    ".quality_metrics[].user",
    ".places[]",
    ".sounds[]",
    ".preferences.auto_obscuration",
    ".identifications[].flags[]",
    ".identifications[].taxon.flag_counts",
    ".identifications[].taxon_change.",
)


def fields(records: list[dict], common: float) -> dict[str, set[str]]:
    """Types of each field that this share of the objects at its place has; `[]` stands for a list's items."""
    seen: Counter[str] = Counter()
    types: dict[str, Counter[str]] = defaultdict(Counter)

    def look(value: object, path: str) -> None:
        if isinstance(value, dict):
            seen[path] += 1
            for name, inner in value.items():
                types[f"{path}.{name}"][type(inner).__name__] += 1
                look(inner, f"{path}.{name}")
        elif isinstance(value, list):
            for inner in value:
                look(inner, f"{path}[]")

    for record in records:
        look(record, "")
    return {
        path: set(kinds)
        for path, kinds in types.items()
        if sum(kinds.values()) >= common * seen[path.rpartition(".")[0]]
    }


def differing(recorded: dict[str, set[str]], ours: dict[str, set[str]]) -> dict[str, str]:
    """The recorded fields that ours lack, or have with other types; null stands for any."""
    result = {}
    for path, kinds in recorded.items():
        if path not in ours:
            result[path] = "missing"
        elif alike(ours[path]) - alike(kinds) and alike(kinds):
            result[path] = f"{ours[path]} where {kinds} were recorded"
    return result


def alike(kinds: set[str]) -> set[str]:
    return {"number" if kind in ("int", "float") else kind for kind in kinds} - {"NoneType"}


def read(path: Path) -> dict:
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def test_observations_have_the_recorded_fields(standin: StandIn) -> None:
    recorded = read(RECORDED / "observations_page_v1.json.gz")
    requested = {"per_page": "200", "order_by": "id", "order": "asc"}
    ours = requests.get(f"{standin.url}/observations", requested, timeout=10).json()
    assert set(recorded) == set(ours)
    expected = {
        path: kinds
        for path, kinds in fields(recorded["results"], COMMON).items()
        if not path.startswith(NOT_SIMULATED)
    }
    assert len(expected) > 100
    assert differing(expected, fields(ours["results"], 0)) == {}


def test_similar_species_have_the_recorded_fields(standin: StandIn) -> None:
    recorded = read(RECORDED / "similar_species_example.json")
    taxon_id = next(
        taxon_id
        for taxon_id, taxon in standin.world.taxa.items()
        if taxon["rank"] == "species" and standin.world.similar_species(taxon_id)
    )
    answer = requests.get(
        f"{standin.url}/identifications/similar_species", {"taxon_id": taxon_id}, timeout=10
    )
    ours = answer.json()
    assert set(recorded) == set(ours)
    expected = fields(recorded["results"], COMMON)
    assert differing(expected, fields(ours["results"], 0)) == {}
    counts = requests.get(f"{standin.url}/observations/species_counts", timeout=10).json()
    assert differing(expected, fields(counts["results"], 0)) == {}
