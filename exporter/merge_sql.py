"""The DuckDB statements of `exporter.merge`: which of two rows wins, and what the winner takes over."""

from exporter.schema import SOURCES, Table


def newer_sql(row: str, than: str) -> str:
    """Whether a row beats another (or there is no other): newer, or as new and as detailed."""
    return (
        f"({than}.source IS NULL OR ({_newness(row)}, {_detail(row)}) >= ({_newness(than)}, {_detail(than)}))"
    )


def one_per_key_sql(table: Table, source: str, staged: str) -> str:
    """The staged rows of one source, one a key, by the rule of the merge."""
    key = ", ".join(table.key)
    content = ", ".join(table.names)
    order = f"(coalesce(updated_at, TIMESTAMPTZ '-infinity'), file_number, hash({content}))"
    if _knows_its_fields(table, source):
        place = f"row_number() OVER (PARTITION BY {key} ORDER BY {order} DESC)"
        return f"SELECT * FROM ({staged}) QUALIFY {place} = 1"
    fields = ", ".join(
        f"arg_max({name}, {order}) AS {name}"
        for name in (*table.names, "file_number")
        if name not in table.key
    )
    return f"SELECT {key}, {fields} FROM ({staged}) GROUP BY {key}"


def merge_sql(table: Table, source: str, current: str, replaces_sets: bool) -> str:
    """Rows of ``current`` joined by the table ``incoming`` of one source, and what became of each.

    ``state`` is new, changed, kept or gone. With ``replaces_sets`` rows of the observations in the table
    ``winners`` that do not come in again are gone.
    """
    pairing = " AND ".join(f"e.{name} = i.{name}" for name in table.key)
    merged = ", ".join(_field_sql(table, source, name) for name in table.names)
    before = ", ".join(f"e.{name} AS before_{name}" for name in table.names)
    differs = " OR ".join(f"{name} IS DISTINCT FROM before_{name}" for name in table.names)
    gone = (
        "i.source IS NULL AND e.observation_id IN (SELECT observation_id FROM winners)"
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


def _knows_its_fields(table: Table, source: str) -> bool:
    return any(source in column.known_by for column in table.columns)


def _field_sql(table: Table, source: str, name: str) -> str:
    """One field of the merged row: the winner's, or the loser's where the winner cannot know it."""
    if name in table.key:
        return f"coalesce(e.{name}, i.{name}) AS {name}"
    wins = f"i.source IS NOT NULL AND {newer_sql('i', 'e')}"
    if name in ("source", "updated_at"):
        return f"CASE WHEN {wins} THEN i.{name} ELSE e.{name} END AS {name}"
    known_by = next(column.known_by for column in table.columns if column.name == name)
    incoming = f"i.{name}" if source in known_by else f"coalesce(i.{name}, e.{name})"
    existing = f"coalesce(e.{name}, i.{name})"
    if known_by:
        knows = ", ".join(f"'{knower}'" for knower in known_by)
        existing = f"CASE WHEN e.source IN ({knows}) THEN e.{name} ELSE {existing} END"
    return f"CASE WHEN {wins} THEN {incoming} ELSE {existing} END AS {name}"
