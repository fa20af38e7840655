import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from exporter.simulation.consensus import Consensus
from exporter.simulation.histories import History, Identification
from exporter.simulation.records import reach_verdicts
from exporter.simulation.sightings import Sighting
from exporter.simulation.tree import ids_by_name, load_tree
from tests.exporter.simulation.conftest import SmallWorld
from tests.exporter.simulation.draws import some_sightings

#: What ingest relies on: JSON types by path, as the API documents them.
SHAPES = {
    "id": "number",
    "uuid": "string",
    "uri": "string",
    "simulated": "boolean",
    "quality_grade": "string",
    "created_at": "string",
    "updated_at": "string",
    "observed_on": "string",
    "time_observed_at": "string",
    "location": "string",
    "geojson.coordinates[]": "number",
    "public_positional_accuracy": "number",
    "obscured": "boolean",
    "captive": "boolean",
    "community_taxon_id": "number",
    "flags[].resolved": "boolean",
    "quality_metrics[].metric": "string",
    "quality_metrics[].agree": "boolean",
    "user.id": "number",
    "user.login": "string",
    "taxon.id": "number",
    "taxon.name": "string",
    "taxon.rank": "string",
    "taxon.rank_level": "number",
    "taxon.ancestor_ids[]": "number",
    "taxon.is_active": "boolean",
    "taxon.extinct": "boolean",
    "taxon.iconic_taxon_id": "number",
    "taxon.preferred_common_name": "string",
    "photos[].id": "number",
    "photos[].url": "string",
    "photos[].license_code": "string",
    "photos[].hidden": "boolean",
    "photos[].flags[].resolved": "boolean",
    "photos[].original_dimensions.width": "number",
    "observation_photos[].position": "number",
    "observation_photos[].photo.id": "number",
    "identifications[].id": "number",
    "identifications[].user.id": "number",
    "identifications[].taxon_id": "number",
    "identifications[].taxon.ancestors[].id": "number",
    "identifications[].taxon.ancestors[].rank": "string",
    "identifications[].created_at": "string",
    "identifications[].current": "boolean",
    "identifications[].category": "string",
    "identifications[].vision": "boolean",
    "identifications[].disagreement": "boolean",
    "identifications[].previous_observation_taxon_id": "number",
    "identifications[].own_observation": "boolean",
    "identifications[].hidden": "boolean",
}

_TYPES = {bool: "boolean", int: "number", float: "number", str: "string"}


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path in a JSON value with its type; nulls and empty containers tell nothing."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    elif value is not None:
        yield path, _TYPES[type(value)]


def _shapes(observations: list[dict[str, Any]]) -> dict[str, set[str]]:
    shapes = defaultdict(set)
    for observation in observations:
        for path, kind in _leaves(observation):
            shapes[path].add(kind)
    return shapes


def test_shapes_are_the_apis(small_world: SmallWorld) -> None:
    shapes = _shapes(small_world.observations)
    assert {path: shapes[path] for path in SHAPES} == {path: {kind} for path, kind in SHAPES.items()}


@pytest.mark.shared_data
def test_shapes_are_those_of_recorded_observations(small_world: SmallWorld, shared_data: Path) -> None:
    path = shared_data / "2_identifications" / "observations_with_identifications.jsonl.gz"
    recorded = _shapes([orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()])
    ours = _shapes(small_world.observations)
    both = ours.keys() & recorded.keys()
    assert len(both) > 80
    assert {path: ours[path] - recorded[path] for path in both} == {path: set() for path in both}


def test_everything_says_that_it_is_simulated(small_world: SmallWorld) -> None:
    for observation in small_world.observations:
        assert observation["simulated"] is True
        people = [observation["user"], *(made["user"] for made in observation["identifications"])]
        assert all(re.fullmatch(r"sim_\d{4,}", person["login"]) for person in people)


def test_no_id_is_one_of_inaturalists(small_world: SmallWorld) -> None:
    for observation in small_world.observations:
        parts = [observation, *observation["photos"], *observation["identifications"], observation["user"]]
        assert min(part["id"] for part in parts) >= 9_000_000_000


def test_ids_are_unique_and_grow_with_time(small_world: SmallWorld) -> None:
    observations = small_world.observations
    made = [made for observation in observations for made in observation["identifications"]]
    photos = [photo["id"] for observation in observations for photo in observation["photos"]]
    assert len({one["id"] for one in made}) == len(made)
    assert len(set(photos)) == len(photos)
    in_time = sorted(made, key=lambda one: (one["created_at"], one["id"]))
    assert [one["id"] for one in in_time] == sorted(one["id"] for one in made)


def test_no_private_place_is_written(small_world: SmallWorld) -> None:
    sightings = some_sightings(10)
    assert sightings[0].latitude != round(sightings[0].latitude, 1)
    for observation in small_world.observations:
        assert not [name for name in observation if name.startswith("private")]
        if observation["obscured"] and observation["location"]:
            assert observation["public_positional_accuracy"] >= 10_000
        if observation["location"]:
            latitude, longitude = map(float, observation["location"].split(","))
            assert observation["geojson"]["coordinates"] == [longitude, latitude]


def test_photos_lie_where_their_licence_puts_them(small_world: SmallWorld) -> None:
    for observation in small_world.observations:
        for photo in observation["photos"]:
            host = (
                "inaturalist-open-data.s3.amazonaws.com"
                if photo["license_code"]
                else "static.inaturalist.org"
            )
            assert photo["url"] == f"https://{host}/photos/{photo['id']}/square.jpg"
    attributions = {
        (photo["license_code"], photo["attribution"].partition(", ")[2])
        for observation in small_world.observations
        for photo in observation["photos"]
    }
    assert {
        (None, "all rights reserved"),
        ("cc0", "no rights reserved (CC0)"),
        ("cc-by", "some rights reserved (CC BY)"),
        ("cc-by-nc", "some rights reserved (CC BY-NC)"),
    } <= attributions


def test_taxa_come_with_their_ancestors(small_world: SmallWorld) -> None:
    tree = load_tree()
    for observation in small_world.observations:
        for made in observation["identifications"]:
            line = tree[made["taxon_id"]].line
            assert made["taxon"]["ancestor_ids"] == list(line)
            assert [ancestor["id"] for ancestor in made["taxon"]["ancestors"]] == list(line[1:-1])


def test_label_is_the_observations_taxon(small_world: SmallWorld) -> None:
    unlabelled = [observation for observation in small_world.observations if observation["taxon"] is None]
    assert 0 < len(unlabelled) < 0.02 * len(small_world.observations)


SPECIES = ids_by_name()["Bombus vagans"]
SISTER = ids_by_name()["Bombus impatiens"]
GENUS = ids_by_name()["Bombus"]


def _sighting(**changes: object) -> Sighting:
    plain = {"photos": 1, "has_date": True, "has_place": True}
    false = dict.fromkeys(("is_captive", "fails_metric", "is_flagged"), False)
    first = some_sightings(1)[0]
    values = {name: getattr(first, name) for name in Sighting.__slots__}
    return Sighting(**(values | plain | false | changes))


def _history(*taxa: int, community: int | None, taxon: int | None) -> History:
    made = [
        Identification(
            person=person,
            taxon_id=taxon_id,
            made_at=person,
            is_own=person == 0,
            is_vision=False,
            is_disagreement=None,
            previous_taxon_id=None,
            is_hidden=False,
        )
        for person, taxon_id in enumerate(taxa)
    ]
    return History(made, Consensus(community, taxon))


def test_research_grade_needs_a_species_and_evidence() -> None:
    agreed = _history(SPECIES, SPECIES, community=SPECIES, taxon=SPECIES)
    assert reach_verdicts(_sighting(), agreed).quality_grade == "research"
    at_genus = _history(GENUS, GENUS, community=GENUS, taxon=GENUS)
    assert reach_verdicts(_sighting(), at_genus).quality_grade == "needs_id"
    lacking = (
        {"photos": 0},
        {"has_date": False},
        {"has_place": False},
        {"is_captive": True},
        {"fails_metric": True},
        {"is_flagged": True},
    )
    for lack in lacking:
        assert reach_verdicts(_sighting(**lack), agreed).quality_grade == "casual"


def test_categories_and_counts() -> None:
    history = _history(GENUS, SPECIES, SPECIES, SISTER, SPECIES, community=SPECIES, taxon=SPECIES)
    verdicts = reach_verdicts(_sighting(), history)
    assert verdicts.categories == ["improving", "improving", "supporting", "maverick", "supporting"]
    assert (verdicts.agreements, verdicts.disagreements) == (3, 1)


def test_a_finer_name_leads() -> None:
    history = _history(GENUS, SPECIES, community=GENUS, taxon=SPECIES)
    assert reach_verdicts(_sighting(), history).categories == ["improving", "leading"]
    assert reach_verdicts(_sighting(), _history(SPECIES, community=None, taxon=SPECIES)).categories == [
        "leading"
    ]
