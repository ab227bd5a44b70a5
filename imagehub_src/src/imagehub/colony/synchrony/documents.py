"""Frozen dataclasses to plain values for JSON, and back."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Value = TypeVar("Value")


def to_document(value: Any) -> Any:
    """Return dictionaries, lists, texts, numbers and None; fields whose metadata say `document: False` are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = [each.name for each in fields(value) if each.metadata.get("document", True)]
        return {name: to_document(getattr(value, name)) for name in shown}
    if isinstance(value, tuple | list):
        return [to_document(each) for each in value]
    return value


def from_document(kind: type[Value], document: Any) -> Value:
    """Return the dataclass that `to_document` made this of; keys that it doesn't know are left out.

    Raise ValueError where the document is none of that kind.
    """
    if not isinstance(document, Mapping):
        raise ValueError(f"expected an object for {kind.__name__}")
    hints = get_type_hints(kind)
    known = [each.name for each in fields(kind) if each.name in document]  # type: ignore[arg-type]
    try:
        return kind(**{name: _value(hints[name], document[name]) for name in known})
    except TypeError as error:
        raise ValueError(f"no {kind.__name__}: {error}") from None


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        hint = next(each for each in get_args(hint) if each is not type(None)) if value is not None else type(None)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_document(hint, value)
    if get_origin(hint) is tuple:
        return _items(get_args(hint)[0], value)
    return _plain(hint, value)


def _items(hint: Any, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, not {value!r}")
    return tuple(_value(hint, each) for each in value)


def _plain(hint: Any, value: Any) -> Any:
    if get_origin(hint) is Literal:
        fits = value in get_args(hint)
    elif hint is float:
        fits = type(value) in {int, float}
    else:
        fits = type(value) is hint
    if not fits:
        raise ValueError(f"unexpected value: {value!r}")
    return value
