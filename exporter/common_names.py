"""Which of a taxon's common names is shown in a language, of all that the lake has (`exporter.schema`).

A name in the language itself goes before one in the language that it is a variety of (`es` for `es-MX`), and
both go before one of another variety. Of those a name that no place is named for goes first, and of those the
first in iNaturalist's file.
"""

import duckdb


def shown_sql(language: str) -> str:
    """A SELECT of the columns ``taxon_id`` and ``name``: the taxa named in a language, and that name."""
    base = language.partition("-")[0]
    distance = f"CASE language WHEN '{language}' THEN 0 WHEN '{base}' THEN 1 ELSE 2 END"
    return (
        f"SELECT taxon_id, arg_min(name, ({distance}, is_local, position, lexicon, name)) AS name"
        f" FROM common_names WHERE language = '{base}' OR starts_with(language, '{base}-') GROUP BY taxon_id"
    )


def count_named(con: duckdb.DuckDBPyConnection, language: str) -> int:
    """How many taxa of the lake have a name in a language."""
    statement = f"SELECT count(*) FROM ({shown_sql(language)}) SEMI JOIN taxa USING (taxon_id)"
    return int(con.execute(statement).fetchall()[0][0])
