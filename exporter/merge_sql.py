"""The DuckDB statements of `exporter.merge`: which of two rows wins, and what the winner takes over."""

from exporter.schema import SOURCES, Table


def newer_sql(row: str, than: str) -> str:
    """Whether a row beats another (or there is no other): newer, or as new and as detailed."""
    return (
        f"({than}.source IS NULL OR ({_newness(row)}, {_detail(row)}) >= ({_newness(than)}, {_detail(than)}))"
    )


def one_per_key_sql(table: Table, staged: str) -> str:
    """Return the staged rows of one source, one a key: each field as the newest row that knows it has it."""
    key = ", ".join(table.key)
    columns = (*table.names, "file_number")
    repeated = f"SELECT {key} FROM ({staged}) GROUP BY {key} HAVING count(*) > 1"
    order = f"(coalesce(updated_at, TIMESTAMPTZ '-infinity'), file_number, hash({', '.join(table.names)}))"
    fields = {name: f"arg_max({name}, {order})" for name in columns if name not in table.key}
    for name, bit in table.bits.items():
        is_known = f"{name} IS NOT NULL OR coalesce(known_empty, 0) & {bit} <> 0"
        fields[name] = f"arg_max_null({name}, {order}) FILTER ({is_known})"
    for name in set_flags(table):
        fields[name] = f"bool_or({name})"
    if table.bits:
        fields["known_empty"] = "bit_or(known_empty)"
    joined = ", ".join(f"{fields[name]} AS {name}" if name in fields else name for name in columns)
    # What is filled by another row is not empty: only bits of fields that stay null are kept.
    kept = f" REPLACE (known_empty & {_nulls_sql(table)} AS known_empty)" if table.bits else ""
    return (
        f"SELECT {', '.join(columns)} FROM ({staged}) ANTI JOIN ({repeated}) USING ({key}) UNION ALL"
        f" SELECT *{kept} FROM (SELECT {joined} FROM ({staged}) SEMI JOIN ({repeated}) USING ({key})"
        f" GROUP BY {key})"
    )


def winners_sql(child: str, source: str, staged: str, current: str) -> str:
    """Return the observations whose staged list of photos or identifications replaces the lake's.

    Columns: observation_id, file_number (of the record with the list), source. A list wins if its row does,
    or if the lake has none. Of several staged lists the newest counts.
    """
    flag = f"lists_{child}"
    newest = (
        "SELECT observation_id, max(updated_at) AS updated_at, source, arg_max(file_number,"
        " (coalesce(updated_at, TIMESTAMPTZ '-infinity'), file_number)) AS file_number"
        f" FROM ({staged}) WHERE {flag} GROUP BY observation_id, source"
    )
    return (
        f"SELECT i.observation_id, i.file_number, '{source}' AS source FROM ({newest}) AS i"
        f" LEFT JOIN ({current}) AS e USING (observation_id)"
        f" WHERE e.{flag} IS NOT TRUE OR {newer_sql('i', 'e')}"
    )


def children_sql(staged: str) -> str:
    """Return the staged photos or identifications that count: of the winning list, or of no list at all.

    Tables: ``winners`` as `winners_sql` gives them, ``listed``: observations that have a list.
    """
    return (
        f"SELECT s.* FROM ({staged}) AS s LEFT JOIN winners AS w USING (observation_id)"
        " LEFT JOIN listed AS l USING (observation_id) WHERE w.file_number = s.file_number"
        " OR (w.observation_id IS NULL AND l.observation_id IS NULL)"
    )


def set_flags(table: Table) -> list[str]:
    """Return the columns that say whether all photos or identifications of an observation are there."""
    return [name for name in table.names if name.startswith("lists_")]


def merge_sql(table: Table, source: str, current: str, replaces_sets: bool) -> str:
    """Rows of ``current`` joined by the table ``incoming`` of one source, and what became of each.

    ``state`` is new, changed, kept or gone. With ``replaces_sets`` rows of the observations in the table
    ``winners`` that the source does not list again are gone.
    """
    pairing = " AND ".join(f"e.{name} = i.{name}" for name in table.key)
    merged = ", ".join(_field_sql(table, name) for name in table.names)
    before = ", ".join(f"e.{name} AS before_{name}" for name in table.names)
    differs = " OR ".join(f"{name} IS DISTINCT FROM before_{name}" for name in table.names)
    gone = (
        "i.source IS NULL AND e.observation_id IN"
        f" (SELECT observation_id FROM winners WHERE source = '{source}')"
        if replaces_sets
        else "false"
    )
    return (
        f"SELECT {', '.join(table.names)},"
        f" CASE WHEN is_gone THEN 'gone' WHEN before_source IS NULL THEN 'new'"
        f" WHEN {differs} THEN 'changed' ELSE 'kept' END AS state"
        f" FROM (SELECT {merged}, {before}, {gone} AS is_gone"
        f" FROM ({current}) AS e FULL JOIN incoming AS i ON {pairing})"
    )


def _newness(row: str) -> str:
    return f"coalesce({row}.updated_at, TIMESTAMPTZ '-infinity')"


def _detail(row: str) -> str:
    return f"list_position({list(SOURCES)}, {row}.source)"


def _field_sql(table: Table, name: str) -> str:
    """Return one field of the merged row: the winner's, or the loser's where the winner does not know it."""
    if name in table.key:
        return f"coalesce(e.{name}, i.{name}) AS {name}"
    wins = f"i.source IS NOT NULL AND {newer_sql('i', 'e')}"
    if name in ("source", "updated_at"):
        incoming, existing = f"i.{name}", f"e.{name}"
    elif name == "known_empty":
        incoming, existing = _known_empty_sql(table, "i", "e"), _known_empty_sql(table, "e", "i")
    elif name.startswith("lists_"):
        return f"coalesce(e.{name} OR i.{name}, e.{name}, i.{name}) AS {name}"
    else:
        bit = table.bits.get(name)
        incoming, existing = _value_sql(name, bit, "i", "e"), _value_sql(name, bit, "e", "i")
    return f"CASE WHEN {wins} THEN {incoming} ELSE {existing} END AS {name}"


def _value_sql(name: str, bit: int | None, winner: str, loser: str) -> str:
    either = f"coalesce({winner}.{name}, {loser}.{name})"
    return either if bit is None else f"CASE WHEN {_empty_sql(winner)} & {bit} = 0 THEN {either} END"


def _known_empty_sql(table: Table, winner: str, loser: str) -> str:
    """Return what is known to be empty: what the winner knows so, and the loser of the winner's unknown."""
    taken_over = f"{_empty_sql(loser)} & {_nulls_sql(table, f'{winner}.')}"
    return (
        f"CASE WHEN {_empty_sql(loser)} = 0 THEN {_empty_sql(winner)}"
        f" ELSE {_empty_sql(winner)} | ({taken_over}) END"
    )


def _empty_sql(row: str) -> str:
    return f"coalesce({row}.known_empty, 0)"


def _nulls_sql(table: Table, row: str = "") -> str:
    """Return the bits of the columns that are null in a row."""
    bits = (f"CASE WHEN {row}{name} IS NULL THEN {bit} ELSE 0 END" for name, bit in table.bits.items())
    return f"({' | '.join(bits)})"
