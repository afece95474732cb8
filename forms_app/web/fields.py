"""A form's fields and faults as the components of templates/components/forms.html take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field, Form

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right, and the input where."""

    text: str
    href: str


def problems_of(form: Form) -> list[Problem]:
    """The faults of a form in the order of its questions, each with the input to go to."""
    problems = [Problem(str(error), "#main-content") for error in form.form_errors]
    return problems + [problem for field in form for problem in _problems_of_field(field)]


def shown(field: Field) -> str:
    """What stands in a field of one input: what was typed, also when it was refused, or else what it began with."""
    typed: Sequence[str] = getattr(field, "typed", ())
    if typed:
        return typed[0]
    return "" if field.data is None else str(field.data)


def label_of(field: Field, *, heading: bool) -> Params:
    """The label, or with `heading` the label as the h1 of its page."""
    return {
        "text": _label(field),
        "classes": "govuk-label--l" if heading else "govuk-label--s",
        "isPageHeading": heading,
    }


def fieldset_of(field: Field, *, heading: bool) -> Params:
    """The same for a field of several inputs."""
    return {
        "legend": {
            "text": _label(field),
            "classes": "govuk-fieldset__legend--l" if heading else "govuk-fieldset__legend--s",
            "isPageHeading": heading,
        }
    }


def hint_of(field: Field) -> Params | None:
    return {"text": field.description} if field.description else None


def fault_of(field: Field) -> Params | None:
    return {"text": str(field.errors[0])} if field.errors else None


def items_of(field: Any, inside: Mapping[str, str]) -> list[Params]:
    """The choices of a field, with what is shown inside some while they are chosen."""
    chosen, hints = _chosen(field), getattr(field, "hints", {})
    return [
        {
            "value": value,
            "text": text,
            "checked": value in chosen,
            "hint": {"text": hints[value]} if value in hints else None,
            "conditional": {"html": inside[value]} if value in inside else None,
        }
        for value, text in field.choices
    ]


def date_parts(field: Any) -> list[Params]:
    """The three inputs of a date, as they were typed."""
    at_fault = " govuk-input--error" if field.errors else ""
    return [
        {
            "id": f"{field.id}-{part}",
            "name": part,
            "label": part.capitalize(),
            "value": value,
            "classes": f"govuk-input--width-{4 if part == 'year' else 2}{at_fault}",
        }
        for part, value in zip(("day", "month", "year"), _typed_date(field), strict=True)
    ]


def is_chosen(field: Any, value: str) -> bool:
    return value in _chosen(field)


def for_textarea(text: str) -> Markup:
    """Text for inside a textarea. Line breaks are written so that no indenting of the page reaches the text itself."""
    # A browser drops one line break right after the tag: it takes ours, and keeps the one that was typed.
    breaks = str(escape(text)).replace("\r\n", "\n").replace("\n", "&#10;")
    return Markup("&#10;") + Markup(breaks)  # noqa: S704  # escaped in the line above


def _label(field: Field) -> str:
    return field.label.text if getattr(field, "required", True) else f"{field.label.text} (optional)"


def _chosen(field: Any) -> tuple[str, ...]:
    if field.typed:
        return tuple(field.typed)
    return (field.data,) if isinstance(field.data, str) else tuple(field.data or ())


def _typed_date(field: Any) -> Iterable[str]:
    if any(field.typed) or field.data is None:
        return tuple(field.typed) or ("", "", "")
    return (str(field.data.day), str(field.data.month), str(field.data.year))


def _problems_of_field(field: Field) -> Iterator[Problem]:
    in_rows = [problem for row in getattr(field, "rows", ()) if isinstance(row, Form) for problem in problems_of(row)]
    if in_rows:
        yield from in_rows
    else:
        yield from (Problem(str(error), f"#{_first_input(field)}") for error in field.errors)


def _first_input(field: Field) -> str:
    return f"{field.id}-day" if getattr(field, "component", None) == "date" else field.id
