"""Fields of answers, each in one place: its kind, what it means, an example, and where its value comes from.

A serializer of these describes an answer to the schema. `maker` makes of it the function from a row to the
answer, `example` the example, and `columns` the columns of tables.
"""

from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from typing import Any, TypeAlias

from rest_framework import serializers

#: From a row to a value: the path of an attribute ("taxon.name"), or a function. Without one it is the
#: attribute of the field's own name, and what is nested is made of the same row.
Source: TypeAlias = str | Callable[[Any], Any] | None
Fields: TypeAlias = serializers.Serializer


def field(
    kind: type[serializers.Field],
    words: str = "",
    example: Any = None,
    *,
    of: Source = None,
    null: bool = False,
    **options: Any,
) -> Any:
    """Return a field of this kind. ``words``: what it means; ``null``: it may be null."""
    options |= ({"help_text": words} if words else {}) | ({"allow_null": True} if null else {})
    made = kind(**options)
    vars(made).update(of=of, example=example)
    return made


Whole = partial(field, serializers.IntegerField)
Decimal = partial(field, serializers.FloatField)
Flag = partial(field, serializers.BooleanField)
Words = partial(field, serializers.CharField)
Blank = partial(field, serializers.CharField, allow_blank=True)
Address = partial(field, serializers.URLField)
Moment = partial(field, serializers.DateTimeField)
Day = partial(field, serializers.DateField)
Choice = partial(field, serializers.ChoiceField)
Document = partial(field, serializers.DictField)


def listed(name: str, row: type[Fields], words: str, *others: type[Fields], **more: Any) -> type[Fields]:
    """Return the serializer of an answer that lists rows, with the fields of the others and these besides."""
    results = field(row, words, many=True)
    return type(name, (*others, serializers.Serializer), {"results": results, **more})


def declared(serializer: Any) -> dict[str, Any]:
    """Return the fields of a serializer as they were declared."""
    fields: dict[str, Any] = serializer._declared_fields
    return fields


@cache
def maker(serializer: type[Fields]) -> Callable[..., dict[str, Any]]:
    """Return the function from a row to the serializer's object.

    What is given by name takes the place of the field's source: a value, or the row of what is nested.
    """
    sources = [(name, _source(name, one), _nested(one)) for name, one in declared(serializer).items()]

    def make(row: Any, **given: Any) -> dict[str, Any]:
        values = {}
        for name, source, inner in sources:
            value = given[name] if name in given else source(row)
            values[name] = value if inner is None else inner(value)
        return values

    return make


def _source(name: str, one: Any) -> Callable[[Any], Any]:
    if callable(one.of):
        source: Callable[[Any], Any] = one.of
        return source
    if one.of is None and isinstance(one, Fields):
        return lambda row: row
    return attrgetter(one.of or name)


def _nested(one: Any) -> Callable[[Any], Any] | None:
    kind = _nested_kind(one)
    if kind is None:
        return None
    make, nothing = maker(kind), None if one.allow_null else dict.fromkeys(declared(kind))
    if isinstance(one, serializers.ListSerializer):
        return lambda rows: [make(row) for row in rows]
    return lambda row: nothing if row is None else make(row)


def _nested_kind(one: Any) -> type[Fields] | None:
    """The serializer of what a field holds, or lists; None for a plain value."""
    inner: Any = one.child if isinstance(one, serializers.ListSerializer) else one
    return type(inner) if isinstance(inner, Fields) else None


@cache
def columns(serializer: type[Fields]) -> dict[str, serializers.Field]:
    """Return the columns that its rows have as a table: what is nested joined, lists left out."""
    result: dict[str, serializers.Field] = {}
    for name, one in declared(serializer).items():
        if isinstance(one, Fields):
            result |= {f"{name}_{inner}": column for inner, column in columns(type(one)).items()}
        elif not isinstance(one, serializers.ListSerializer):
            result[name] = one
    return result


def example(serializer: type[Fields], **other: Any) -> dict[str, Any]:
    """Return the example that its fields make, with other values for some."""
    return {
        name: other[name] if name in other else _example(one) for name, one in declared(serializer).items()
    }


def _example(one: Any) -> Any:
    kept, kind = getattr(one, "example", None), _nested_kind(one)
    if kept is not None or kind is None:
        return kept
    return [example(kind)] if isinstance(one, serializers.ListSerializer) else example(kind)
