"""The texts of a context, each with its place: a layout of a Board's own is proved by which were put in, and where they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace

from jinja2 import Environment, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from pydantic import BaseModel

from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.templates import heading, sharing
from forms_app.documents.unpacking import BODY
from forms_app.documents.wording import folded, said, shown

SHARING = "sharing"
AT_THE_EDGE = "heading."
"""What may stand in a header or footer instead of the text."""


class Placed(str):
    """One text, which notes each time that it is put into a document."""

    __slots__ = ("place", "put_in")
    place: str
    put_in: list[Placed]


def environment(put: Callable[[str], str]) -> Environment:
    """As for our own templates, and with nothing else in it: no other template, no function, and the filters that count."""

    def filled(value: object) -> object:
        if isinstance(value, Markup | StrictUndefined):
            return value
        if isinstance(value, Placed) and hasattr(value, "put_in"):  # what is made of one has no place
            value.put_in.append(value)
        return Markup(put(str(escape(shown(value)))))  # noqa: S704 (escaped just here)

    made = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=filled,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals = {}
    made.tests = {}
    made.filters = {name: made.filters[name] for name in ("length", "list", "selectattr")}
    return made


def blanks(kind: Kind, context: Value, put_in: list[Placed]) -> dict[str, object]:
    """What a layout may name. Whatever is put into a document is noted in `put_in`, in the order in which it stands there."""
    values = {name: _placed(getattr(context, name), name, put_in) for name in type(context).model_fields}
    title = _placed(heading(context).title, "heading.title", put_in)
    return {**values, "title": title, SHARING: _placed(sharing(kind), SHARING, put_in)}


def _placed(value: object, place: str, put_in: list[Placed]) -> object:
    if isinstance(value, BaseModel):
        parts = {name: _placed(getattr(value, name), f"{place}.{name}", put_in) for name in type(value).model_fields}
        return SimpleNamespace(**parts)
    if isinstance(value, tuple):
        return tuple(_placed(item, f"{place} {number}", put_in) for number, item in enumerate(value, start=1))
    text = Placed(value)
    text.place, text.put_in = place, put_in
    return text


def prove_complete(context: Value, put_in: Mapping[str, Sequence[Placed]], what: str) -> None:
    """Raises DocumentFault with the first place of the context that the layout left out.

    All of them stand in the text of the document, but what is at the top of every document may be in its header or footer.
    """
    in_text = {text.place for text in put_in[BODY]}
    anywhere = {text.place for texts in put_in.values() for text in texts}
    for place in (*(text.place for text in said(context)), SHARING):
        if place not in (anywhere if place.startswith(AT_THE_EDGE) else in_text):
            raise DocumentFault(
                f"{what} leaves out {place}. It was not issued: both files must say the same. "
                "Change the layout, or go back to the service’s own."
            )


def prove_readable(put_in: Iterable[Placed], blocks: Sequence[str], what: str) -> None:
    """What was put into a part reads there, each after the one before. Raises DocumentFault with the first place that does not."""
    number, at = 0, 0
    for text in put_in:
        wanted = folded(shown(text))
        while number < len(blocks) and (found := blocks[number].find(wanted, at)) < 0:
            number, at = number + 1, 0
        if number == len(blocks):
            raise DocumentFault(
                f"{what} does not say what was recorded: {text.place} cannot be read in it. "
                "It was not issued. Change the layout, or go back to the service’s own."
            )
        at = found + len(wanted)
