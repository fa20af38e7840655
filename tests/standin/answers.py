"""What API v1 answers to a request, as far as Leafline asks it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.standin.places import PLACES, in_place
from tests.standin.world import World

Json = dict[str, Any]
Parameters = Mapping[str, str]

LARGEST_WINDOW = 10_000
_OBSERVATIONS_A_PAGE = 200
_COUNTS_A_PAGE = 500
_TAXA_AT_ONCE = 30
_SIMILAR = 24
_MAYBE_EMPTY = (
    "uuid",
    "user",
    "taxon",
    "community_taxon_id",
    "location",
    "geojson",
    "observed_on",
    "place_guess",
)


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def answer(world: World, path: str, parameters: Parameters) -> Json:
    """The answer to ``GET /v1/<path>``. RefusedError where the API refuses."""
    parts = path.strip("/").split("/")
    if parts == ["v1", "observations"]:
        return _observations(world, parameters)
    if parts == ["v1", "observations", "species_counts"]:
        return _species_counts(world, parameters)
    if parts == ["v1", "identifications", "similar_species"]:
        return _similar_species(world, parameters)
    if parts == ["v1", "taxa"]:
        return _taxa(world, parameters)
    if parts == ["v1", "taxa", "autocomplete"]:
        return _listed([world.taxon(number) for number in world.taxa_named(parameters.get("q", ""))][:30])
    if parts == ["v1", "places", "autocomplete"]:
        key = parameters.get("q", "").lower()
        return _listed([place for place in PLACES.values() if place["name"].lower().startswith(key)][:20])
    if parts[:2] == ["v1", "places"] and len(parts) == 3:
        return _listed([PLACES[int(parts[2])]] if parts[2].isdigit() and int(parts[2]) in PLACES else [])
    if parts[:2] == ["v1", "users"] and len(parts) == 3:
        return _listed([_person(world, parts[2])])
    if parts[:2] == ["v1", "taxa"] and len(parts) == 3:
        return _taxa_by_id(world, parts[2])
    raise RefusedError(404, "not found")


def _person(world: World, text: str) -> Json:
    """The account with this id or login, of those that observed or identified something."""
    for record in (world[number] for number in world.ids()):
        for user in (record.get("user"), *(one.get("user") for one in record.get("identifications") or [])):
            if user and text in (str(user["id"]), user.get("login")):
                return user
    raise RefusedError(404, "User does not exist")


def with_nulls(found: Json) -> Json:
    """The answer with every field empty that may be: null in even places, missing in odd ones."""
    for place, record in enumerate(found.get("results") or []):
        for name in _MAYBE_EMPTY:
            if place % 2 == 0 and name in record:
                record[name] = None
            else:
                record.pop(name, None)
    return {**found, "total_results": None}


def _observations(world: World, asked: Parameters) -> Json:
    ids = _matching(world, asked)
    page, size = _page(asked, _OBSERVATIONS_A_PAGE)
    above = _whole(asked, "id_above", 0)
    if asked.get("order_by") == "id" and asked.get("order") == "asc":
        left = [number for number in ids if number > above]
        results = world.page(left[(page - 1) * size :], 0, size)
    else:
        left = [number for number in ids if number > above]
        chosen = left[::-1][(page - 1) * size : page * size]
        results = [world.page([number], 0, 1)[0] for number in chosen]
    if asked.get("only_id") == "true":
        results = [{"id": record["id"]} for record in results]
    return {"total_results": len(left), "page": page, "per_page": size, "results": results}


def _species_counts(world: World, asked: Parameters) -> Json:
    return _counted(world.species_counts(_matching(world, asked)), asked)


def _similar_species(world: World, asked: Parameters) -> Json:
    taxon_id = _whole(asked, "taxon_id", None)
    if taxon_id not in world.taxa:
        return {"total_results": 0, "results": []}
    if (world.taxa[taxon_id].get("rank_level") or 100) > 20:
        raise RefusedError(422, "Taxon must be genus or below")
    result = world.similar_species(taxon_id)[:_SIMILAR]
    return {
        "total_results": len(result),
        "results": [{"count": count, "taxon": taxon} for count, taxon in result],
    }


def _taxa(world: World, asked: Parameters) -> Json:
    above, (page, size) = _whole(asked, "id_above", 0), _page(asked, _OBSERVATIONS_A_PAGE)
    clades = _ids(asked, "taxon_id")
    result = sorted(
        number
        for number, taxon in world.taxa.items()
        if number > above and (not clades or not clades.isdisjoint(taxon["ancestor_ids"]))
    )
    chosen = result[(page - 1) * size : page * size]
    results = [world.taxon(number) for number in chosen]
    return {"total_results": len(result), "page": page, "per_page": size, "results": results}


def _taxa_by_id(world: World, listed: str) -> Json:
    ids = [int(number) for number in listed.split(",") if number.isdigit()]
    if len(ids) > _TAXA_AT_ONCE:
        raise RefusedError(422, f"Cannot fetch more than {_TAXA_AT_ONCE} taxa")
    results = []
    for number in ids:
        taxon = world.taxon(number)
        if taxon is not None:
            ancestors = [world.taxon(above) for above in taxon["ancestor_ids"][:-1]]
            recorded = {
                "ancestors": [each for each in ancestors if each],
                "vision": world.is_in_model(number),
            }
            results.append({**taxon, **recorded})
    return {"total_results": len(results), "page": 1, "per_page": _TAXA_AT_ONCE, "results": results}


def _listed(results: list[Json]) -> Json:
    return {"total_results": len(results), "page": 1, "per_page": len(results), "results": results}


def _counted(found: list[tuple[int, Json]], asked: Parameters) -> Json:
    page, size = _page(asked, _COUNTS_A_PAGE)
    chosen = found[(page - 1) * size : page * size]
    results = [{"count": count, "taxon": taxon} for count, taxon in chosen]
    return {"total_results": len(found), "page": page, "per_page": size, "results": results}


def _matching(world: World, asked: Parameters) -> list[int]:
    since = asked.get("updated_since")
    selected = {"quality_grade": asked["quality_grade"]} if "quality_grade" in asked else {}
    result = world.ids(
        _ids(asked, "taxon_id"),
        _time(since) if since else None,
        _ids(asked, "id") if "id" in asked else None,
        **selected,
    )
    places = _ids(asked, "place_id")
    return [number for number in result if in_place(world[number], places)] if places else result


def _page(asked: Parameters, largest: int) -> tuple[int, int]:
    page, size = _whole(asked, "page", 1), min(_whole(asked, "per_page", 30), largest)
    if page * size > LARGEST_WINDOW:
        raise RefusedError(
            403, f"Result window is too large, page * per_page must be at most {LARGEST_WINDOW}"
        )
    return page, size


def _whole(asked: Parameters, name: str, default: int | None) -> Any:
    try:
        return int(asked[name]) if name in asked else default
    except ValueError:
        raise RefusedError(422, f"{name} must be a whole number") from None


def _ids(asked: Parameters, name: str) -> frozenset[int]:
    try:
        return frozenset(int(number) for number in asked.get(name, "").split(",") if number)
    except ValueError:
        raise RefusedError(422, f"{name} must be whole numbers") from None


def _time(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(422, "updated_since must be a time") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
