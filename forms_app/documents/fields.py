"""Which fields each kind of document offers to a layout, and how each is written there: drawn from its context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from forms_app.documents.catalogue import KINDS, OF_THE_BOARD, Kind

EVERY = "*"
"""Each one of a list, in the path of a field."""
Path = tuple[str, ...]
TITLE: Path = ("heading", "title")
SHARING: Path = ("sharing",)
SHORT_NAMES = {"title": TITLE, "sharing": SHARING}
"""What a layout may also name beside the fields of the context; the title stands in its heading too."""

LAID_OUT: dict[str, Kind] = {
    code: kind for code, kind in KINDS.items() if not kind.is_blank and code not in OF_THE_BOARD
}
"""The kinds that can have a layout of a Board's own. What stands on a form to fill in follows from the policy alone, and what
stands in a report of the Board from what it counts."""


class Some(Enum):
    """What a name stands for where it is not a value with fields of its own."""

    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True)
class Many:
    """A list of values, or of texts."""

    each: type[BaseModel] | Many | Some


What = type[BaseModel] | Many | Some


@dataclass(frozen=True)
class Loop:
    """`each` is the name for one of the list `of`."""

    each: str
    of: str

    @property
    def written(self) -> str:
        return f"for {self.each} in {self.of}"


@dataclass(frozen=True)
class Field:
    """One text that the layout must print: where it stands in the context, and how it is written."""

    path: Path
    name: str
    loops: tuple[Loop, ...]

    @property
    def written(self) -> str:
        return f"{{{{ {self.name} }}}}"


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """Every field of a kind, in the order in which its documents are read. All of them are required."""
    return (*_fields(kind.context, (), "", ()), Field(SHARING, "sharing", ()))


def what_is(annotation: Any) -> What:
    """What a field of a context holds, by its type."""
    if annotation is str:
        return Some.TEXT
    if get_origin(annotation) is tuple:
        return Many(what_is(get_args(annotation)[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    raise TypeError(f"a layout cannot name a {annotation}")


def inside(value: type[BaseModel]) -> dict[str, What]:
    """The fields of a value by their names."""
    return {name: what_is(field.annotation) for name, field in value.model_fields.items()}


def name_for_one(each: What) -> str:
    """What one of a list is called, where nobody says otherwise."""
    if isinstance(each, type):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", each.__name__).lower()
    return "line"


def _fields(what: What, path: Path, name: str, loops: tuple[Loop, ...]) -> Iterator[Field]:
    if isinstance(what, Many):
        one = name_for_one(what.each)
        yield from _fields(what.each, (*path, EVERY), one, (*loops, Loop(one, name)))
    elif isinstance(what, type):
        for part, of in inside(what).items():
            yield from _fields(of, (*path, part), f"{name}.{part}" if name else part, loops)
    else:
        yield Field(path, name, loops)
