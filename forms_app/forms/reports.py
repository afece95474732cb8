"""The questions about a report of the Board: which one to begin, what it says, why it is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form
from wtforms.validators import StopValidation

from forms_app.domain.text import Unprintable
from forms_app.forms.fields import PickFromList, Values, Words


class WhichReport(PickFromList):
    def missing(self) -> str:
        return "Choose which report to begin"


class WhyWithdrawn(Words):
    def read(self, typed: Values) -> str:
        return super().read(typed).strip()

    def missing(self) -> str:
        return "Say why it is withdrawn"


class WrittenInTheEnd(Words):
    """A text that a report needs before it is prepared, and that can stay blank until then."""

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation


class WrittenForm(Form):
    """What is written for one report. Made by `written_form`, which adds its fields."""

    def texts(self) -> dict[str, str]:
        return {name.removeprefix("t-"): field.data for name, field in self._fields.items() if field.data.strip()}


def begin_form(groups: Mapping[str, Sequence[tuple[str, str]]]) -> type[Form]:
    return type("Begin", (Form,), {"f-which": WhichReport("Which report?", groups=groups)})


def written_form(
    questions: Sequence[tuple[str, str, str]], *, limit: int, unprintable: Unprintable
) -> type[WrittenForm]:
    """Of each question its id, its title and its hint."""
    fields: dict[str, Any] = {
        f"t-{name}": WrittenInTheEnd(title, hint=hint, lines=True, limit=limit, unprintable=unprintable)
        for name, title, hint in questions
    }
    return type("Written", (WrittenForm,), fields)


def withdraw_form(*, unprintable: Unprintable) -> type[Form]:
    hint = "A sentence for the Board’s office. Do not name anybody."
    return type(
        "Withdraw", (Form,), {"f-because": WhyWithdrawn("Why is it withdrawn?", hint=hint, unprintable=unprintable)}
    )
