"""The DuckDB statements of `exporter.merge`: which of two rows wins, and what the winner takes over."""

from exporter.schema import COMMON_NAMES, LINEAGE, SOURCES, Table


def newer_sql(row: str, than: str) -> str:
    """Whether a row beats another (or there is no other): newer, or as new and as detailed."""
    return (
        f"({than}.source IS NULL OR ({_newness(row)}, {_detail(row)}) >= ({_newness(than)}, {_detail(than)}))"
    )


def repeats_sql(table: Table, staged: str) -> str:
    """Return the number of staged rows beyond the first of each key."""
    key = ", ".join(table.key)
    return f"SELECT count(*) - count(DISTINCT ({key})) FROM ({staged})"


def one_per_key_sql(table: Table, staged: str) -> str:
    """Return the staged rows of one source, one a key: each field as the newest row that knows it has it."""
    key = ", ".join(table.key)
    order = f"(coalesce(updated_at, TIMESTAMPTZ '-infinity'), file_number, hash({', '.join(table.names)}))"
    fields = {
        name: f"arg_max({name}, {order})" for name in (*table.names, "file_number") if name not in table.key
    }
    for name, bit in table.bits.items():
        is_known = f"{name} IS NOT NULL OR coalesce(known_empty, 0) & {bit} <> 0"
        fields[name] = f"arg_max_null({name}, {order}) FILTER ({is_known})"
    for name in fields:
        if name.startswith("lists_"):
            fields[name] = f"bool_or({name})"
        elif name == LINEAGE.name:
            fields[name] = f"arg_max({name}, (length({name}), {name}))"
    if table.bits:
        fields["known_empty"] = "bit_or(known_empty)"
    joined = ", ".join(f"{expression} AS {name}" for name, expression in fields.items())
    return (
        f"SELECT {', '.join(_known_empty_sql(table, name) for name in table.names)}, file_number"
        f" FROM (SELECT {key}, {joined} FROM ({staged}) GROUP BY {key})"
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


def children_sql(table: Table, staged: str, current: str) -> str:
    """Return the staged photos or identifications that count: in the winning list, or in no list at all.

    What other records say of one in the winning list counts too, and so does what they say of one in the
    lake's list, where that stays: it fills what the list leaves out. Tables: ``winners`` as `winners_sql`
    gives them, ``listed``: observations that have a list.
    """
    key = ", ".join(table.key)
    return (
        f"SELECT s.* FROM ({staged}) AS s LEFT JOIN winners AS w USING (observation_id)"
        " LEFT JOIN listed AS l USING (observation_id) LEFT JOIN ("
        f"SELECT DISTINCT {key} FROM ({staged}) JOIN winners USING (observation_id, file_number)"
        f") AS c USING ({key}) LEFT JOIN (SELECT DISTINCT {key} FROM ({current})) AS e USING ({key})"
        f" WHERE c.{table.key[1]} IS NOT NULL OR (w.observation_id IS NULL"
        f" AND (l.observation_id IS NULL OR e.{table.key[1]} IS NOT NULL))"
    )


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
    known = ", ".join(_known_empty_sql(table, name) for name in table.names)
    return (
        f"SELECT {known},"
        f" CASE WHEN is_gone THEN 'gone' WHEN before_source IS NULL THEN 'new'"
        f" WHEN {differs} THEN 'changed' ELSE 'kept' END AS state"
        f" FROM (SELECT {merged}, {before}, {gone} AS is_gone"
        f" FROM ({current}) AS e FULL JOIN incoming AS i ON {pairing})"
    )


def merge_names_sql(current: str) -> str:
    """Rows of ``current`` joined by the table ``incoming``, both of common names, and what became of each.

    ``state`` as in `merge_sql`. A taxon's names in a language are a set, which a newer file replaces. What
    files as new say of one name is joined by what does not ask for an order: the first place, and all of it.
    """
    names = ", ".join(COMMON_NAMES.names)
    key = ", ".join(COMMON_NAMES.key)
    return (
        f"WITH sides AS (SELECT {names}, true AS was FROM ({current})"
        f" UNION ALL SELECT {names}, false AS was FROM incoming),"
        " dated AS (SELECT *, updated_at IS NOT DISTINCT FROM"
        " max(updated_at) OVER (PARTITION BY taxon_id, lexicon, language) AS is_newest FROM sides),"
        f" joined AS (SELECT {key}, bool_or(was) AS was, bool_or(is_newest) AS is_newest,"
        " bool_and(is_local) FILTER (is_newest) AS is_local, min(position) FILTER (is_newest) AS position,"
        " max(updated_at) FILTER (is_newest) AS updated_at, max(source) AS source,"
        " any_value(is_local) FILTER (was) AS was_local, any_value(position) FILTER (was) AS was_position,"
        f" any_value(updated_at) FILTER (was) AS was_updated_at FROM dated GROUP BY {key})"
        f" SELECT {names}, CASE WHEN NOT is_newest THEN 'gone' WHEN NOT was THEN 'new'"
        " WHEN (is_local, position, updated_at) IS DISTINCT FROM (was_local, was_position, was_updated_at)"
        " THEN 'changed' ELSE 'kept' END AS state FROM joined WHERE was OR is_newest"
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
        return f"{_empty_sql('e')} | {_empty_sql('i')} AS known_empty"
    elif name == LINEAGE.name:
        is_longer = f"(length(e.{name}), e.{name}) > (length(i.{name}), i.{name})"
        incoming = f"e.{name} IS NULL OR (i.{name} IS NOT NULL AND NOT {is_longer})"
        return f"CASE WHEN {incoming} THEN i.{name} ELSE e.{name} END AS {name}"
    elif name.startswith("lists_"):
        return f"coalesce(e.{name} OR i.{name}, e.{name}, i.{name}) AS {name}"
    else:
        bit = table.bits.get(name)
        incoming, existing = _value_sql(name, bit, "i", "e"), _value_sql(name, bit, "e", "i")
    return f"CASE WHEN {wins} THEN {incoming} ELSE {existing} END AS {name}"


def _value_sql(name: str, bit: int | None, winner: str, loser: str) -> str:
    if bit is None:
        return f"coalesce({winner}.{name}, {loser}.{name})"
    return f"coalesce({winner}.{name}, CASE WHEN {_empty_sql(winner)} & {bit} = 0 THEN {loser}.{name} END)"


def _known_empty_sql(table: Table, name: str) -> str:
    """Return a column of a merged row as it is, but of ``known_empty`` only bits of what stayed empty."""
    if name != "known_empty":
        return name
    bits = (f"CASE WHEN {column} IS NULL THEN {bit} ELSE 0 END" for column, bit in table.bits.items())
    return f"CASE WHEN known_empty <> 0 THEN known_empty & ({' | '.join(bits)}) ELSE 0 END AS known_empty"


def _empty_sql(row: str) -> str:
    return f"coalesce({row}.known_empty, 0)"
