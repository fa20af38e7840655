"""Two generations of what a refresh counts: it writes the next unseen, and shows it in one step.

A table of what is counted under a rule keeps the rows that pages show and, while a refresh writes, those of
the next generation. Its column ``criteria`` (a `RuleField`) separates them: it has the rule's name, or the
name and a mark. Which of both is shown is a row of `portal.lake.models.Generation`, by subject (the app) and
rule; without a row it is the plain name. Queries name the rule alone: the lookups here find the generation
that is shown.
"""

from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Value
from django.db.models.functions import Replace
from django.db.models.lookups import Exact, In

_MARK = "*"
#: What stands in the column for the rule whose name is the parameter, in the generation that is shown.
_SHOWN = (
    "(SELECT coalesce(shown.key, given.name) FROM (SELECT CAST({name} AS varchar(64)) AS name) AS given"
    " LEFT JOIN lake_generation AS shown ON shown.criteria = given.name AND shown.subject = '{subject}')"
)


def shown_sql(subject: str, name: str = "%s") -> str:
    """SQL for what the column has for a rule in the generation that is shown; ``name`` is SQL of its name."""
    return _SHOWN.format(name=name, subject=subject)


def other(key: str) -> str:
    """The key of a rule's other generation."""
    return key.removesuffix(_MARK) if key.endswith(_MARK) else key + _MARK


def rule_of(key: F | OuterRef) -> Replace:
    """The name of the rule of a row, for comparing it with a table of one generation."""
    return Replace(key, Value(_MARK), Value(""))


class RuleField(models.CharField):
    """The name of a rule in a table of two generations: a lookup by it finds the one that is shown."""

    def deconstruct(self) -> Any:
        """Stand in migrations as the text that it is in the database."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def get_internal_type(self) -> str:
        return "CharField"

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return value and value.removesuffix(_MARK)

    def get_placeholder(self, *_: object) -> str:
        """Let what models write belong to the generation that is shown."""
        return shown_sql(self.model._meta.app_label)


@RuleField.register_lookup
class _ShownExactly(Exact):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        sql, params = super().process_rhs(compiler, connection)
        if self.rhs_is_direct_value():
            sql = shown_sql(_subject(self.lhs), sql)
        return sql, params


@RuleField.register_lookup
class _ShownAmong(In):
    def batch_process_rhs(self, compiler: Any, connection: Any, rhs: Any = None) -> Any:
        parts, params = super().batch_process_rhs(compiler, connection, rhs)
        return tuple(shown_sql(_subject(self.lhs), sql) for sql in parts), params


def _subject(column: Any) -> str:
    return str(column.output_field.model._meta.app_label)
