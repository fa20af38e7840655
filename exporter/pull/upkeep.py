"""What `updated_since` does not show: what was deleted, what left a clade, what the model knows."""

from collections.abc import Iterable, Iterator
from typing import Any

from exporter.lake import Lake
from exporter.messages import message
from exporter.pull import walk as pages
from exporter.pull.client import Client
from exporter.pull.puller import Puller
from exporter.pull.store import Store
from exporter.sources.api_rows import emptied_row
from exporter.sources.fields import Row
from exporter.sources.values import json_int

TAXA_A_REQUEST = 30
_IN_CLADE = """
    SELECT observation_id, observation_uuid, o.updated_at FROM observations AS o JOIN taxa USING (taxon_id)
    WHERE o.source IN ('api', 'database')
    AND (taxon_id = $clade OR list_contains(string_split(ancestry, '/'), CAST($clade AS VARCHAR)))
"""


def recount(puller: Puller, taxon_id: int) -> int:
    """Compare a pulled taxon with iNaturalist and put right what differs; gives how many observations.

    A deleted observation keeps its row in the lake, without taxon, photos and identifications, so it counts
    nowhere; should it come back with the same time of change, it is taken again.
    """
    here = _in_clade(puller.lake, taxon_id)
    there = puller.client.get("observations", taxon_id=taxon_id, per_page=0).total
    if there == len(here):
        puller.store.recounted(taxon_id)
        return 0
    listed = set(_listed(puller.client, taxon_id))
    differing = sorted(here.keys() ^ listed)
    with puller.writing() as writer:
        for ids in _portions(differing, pages.PER_PAGE):
            answer = puller.client.get("observations", id=ids, per_page=pages.PER_PAGE)
            writer.add_observations(answer.results, f"re-count of taxon {taxon_id}")
            recorded = {record.get("id") for record in answer.results}
            writer.add_emptied([here[number] for number in ids if number in here and number not in recorded])
    puller.store.recounted(taxon_id)
    if differing:
        puller.store.note(message("recounted", taxon=taxon_id, observations=len(differing)))
    return len(differing)


def ask_model(client: Client, store: Store, taxon_ids: Iterable[int]) -> None:
    """Ask which of these taxa are classes of iNaturalist's current model (`vision` of ``taxa/{ids}``)."""
    for ids in _portions(sorted(set(taxon_ids)), TAXA_A_REQUEST):
        answer = client.get(f"taxa/{','.join(map(str, ids))}")
        recorded = {}
        for taxon in answer.results:
            taxon_id, is_in_model = json_int(taxon.get("id")), taxon.get("vision")
            if taxon_id is not None and isinstance(is_in_model, bool):
                recorded[taxon_id] = is_in_model
        store.put_model(recorded)


def _in_clade(lake: Lake, taxon_id: int) -> dict[int, Row]:
    """The lake's observations in a clade, by id, as they are when nothing else is known of them."""
    if lake.latest() is None:
        return {}
    with lake.connect() as con:
        rows = con.execute(_IN_CLADE, {"clade": taxon_id}).fetchall()
    return {row[0]: emptied_row(*row) for row in rows}


def _listed(client: Client, taxon_id: int) -> Iterator[int]:
    """The ids that iNaturalist has in a clade."""
    for page in pages.observations(client, (taxon_id,), 0, only_id=True):
        yield from (number for record in page.records if (number := json_int(record.get("id"))) is not None)


def _portions(values: list[int], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
