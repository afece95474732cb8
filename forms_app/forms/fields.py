"""Our few fields: each lets text in by the gate, keeps what was typed when it refuses it, and can say its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, cast

from wtforms import Field, Form
from wtforms.validators import StopValidation

from forms_app.domain import text
from forms_app.domain.errors import UnfitText
from forms_app.domain.working_days import spell_date, spell_hour

Values = Sequence[str]
LONG_AGO = date(1900, 1, 1)
"""Before it, a year is a slip of the finger."""


class Answerable(Field):
    """A question with its hint. `component` names the template macro that shows it."""

    component = "input"

    def __init__(self, label: str, *, hint: str = "", required: bool = True, **options: Any) -> None:
        super().__init__(label, description=hint, **options)
        self.required = required
        self.typed: tuple[str, ...] = ()
        """What came in, as it was typed, for showing it again."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = tuple(value if isinstance(value, str) else "" for value in valuelist)
        self.data = self.read(self.typed)

    def read(self, typed: Values) -> Any:
        """The value of what was typed; raises ValueError with a sentence."""
        raise NotImplementedError

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation
        if self.required and not self.data:
            raise StopValidation(self.missing())

    def missing(self) -> str:
        return f"Answer “{self.label.text}”"

    def answer(self) -> str:
        """The answer in words, for checking and for documents."""
        return str(self.data or "")

    def codes(self) -> tuple[str, ...]:
        return ()

    def as_typed(self, answer: str, codes: Values) -> list[list[str]]:
        """The names and values that would come in for an answer given before."""
        return [[self.name, value] for value in codes or (answer,)]


class Words(Answerable):
    """One line of text, or several. `unprintable` finds what no document could print: each place has to say."""

    def __init__(
        self,
        label: str,
        *,
        lines: bool = False,
        limit: int | None = None,
        unprintable: text.Unprintable,
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.component = "textarea" if lines else "input"
        self.limit = limit or (text.LONG if lines else text.SHORT)
        self.lines = text.LINES if lines else 1
        self.unprintable = unprintable

    def read(self, typed: Values) -> str:
        came = typed[0] if typed else ""
        if self.component == "input":
            came = came.strip()
        try:
            return text.gate(came, limit=self.limit, lines=self.lines, unprintable=self.unprintable)
        except UnfitText as refused:
            raise ValueError(str(refused)) from None

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.required and not str(self.data).strip():
            raise StopValidation(self.missing())

    def missing(self) -> str:
        return f"Enter an answer to “{self.label.text}”"


class Pick(Answerable):
    """One of several."""

    component = "radios"

    def __init__(
        self, label: str, *, choices: Sequence[tuple[str, str]], hints: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.choices = tuple(choices)
        self.hints = hints or {}

    def read(self, typed: Values) -> str:
        chosen = typed[0] if typed else ""
        if chosen and chosen not in dict(self.choices):
            raise ValueError(f"Choose an answer to “{self.label.text}” from the list")
        return chosen

    def missing(self) -> str:
        return f"Choose an answer to “{self.label.text}”"

    def answer(self) -> str:
        return dict(self.choices).get(self.data or "", "")

    def codes(self) -> tuple[str, ...]:
        return (self.data,) if self.data else ()


class PickFromList(Pick):
    """One of many, in groups: {group: [(value, words), …]}."""

    component = "select"

    def __init__(self, label: str, *, groups: Mapping[str, Sequence[tuple[str, str]]], **options: Any) -> None:
        super().__init__(label, choices=[pair for pairs in groups.values() for pair in pairs], **options)
        self.groups = groups


class Picks(Pick):
    """Any number of several."""

    component = "checkboxes"

    def read(self, typed: Values) -> Any:
        chosen = tuple(dict.fromkeys(value for value in typed if value))
        if set(chosen) - set(dict(self.choices)):
            raise ValueError(f"Choose the answers to “{self.label.text}” from the list")
        return chosen

    def missing(self) -> str:
        return f"Choose at least one answer to “{self.label.text}”"

    def answer(self) -> str:
        words = dict(self.choices)
        return "\n".join(words[value] for value in self.data or ())

    def codes(self) -> tuple[str, ...]:
        return tuple(self.data or ())


class Ticked(Picks):
    """A statement that must be confirmed before the form can be sent."""

    def __init__(self, label: str, *, statement: str, otherwise: str, **options: Any) -> None:
        super().__init__(label, choices=[("confirmed", statement)], **options)
        self.otherwise = otherwise

    def missing(self) -> str:
        return self.otherwise


class Day(Answerable):
    """A date in three boxes, which come in as `name-day`, `name-month` and `name-year`."""

    component = "date"
    PARTS = ("day", "month", "year")

    def __init__(self, label: str, *, earliest: date = LONG_AGO, latest: date | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.earliest, self.latest = earliest, latest

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.data: date | None = None
        self.typed = ("", "", "")
        if formdata is None:
            return
        self.typed = tuple((formdata.get(f"{self.name}-{part}") or "").strip() for part in self.PARTS)
        try:
            self.data = self.read(self.typed)
        except ValueError as refused:
            self.process_errors.append(str(refused))

    def read(self, typed: Values) -> date | None:
        if not any(typed):
            return None
        gone = [part for part, value in zip(self.PARTS, typed, strict=True) if not value]
        if gone:
            raise ValueError(f"The date must include a {' and a '.join(gone)}")
        if not all(value.isascii() and value.isdigit() and len(value) <= 4 for value in typed):
            raise ValueError("Enter the date in numbers, for example 27 3 2027")
        if len(typed[2]) != len("2027"):
            raise ValueError("Enter all four numbers of the year, for example 2027")
        day, month, year = (int(value) for value in typed)
        try:
            found = date(year, month, day)
        except ValueError:
            raise ValueError("Enter a real date, for example 27 3 2027") from None
        return self._within(found)

    def _within(self, found: date) -> date:
        if self.latest is not None and found > self.latest:
            raise ValueError(f"The date must be {spell_date(self.latest)} or earlier")
        if found < self.earliest:
            raise ValueError(f"The date must be {spell_date(self.earliest)} or later")
        return found

    def missing(self) -> str:
        return f"Enter the date for “{self.label.text}”"

    def answer(self) -> str:
        return "" if self.data is None else spell_date(self.data)

    def codes(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data.isoformat(),)

    def as_typed(self, answer: str, codes: Values) -> list[list[str]]:
        parts = codes[0].split("-")[::-1] if codes else ["", "", ""]
        return [[f"{self.name}-{part}", value] for part, value in zip(self.PARTS, parts, strict=True)]


class TimeOfDay(Answerable):
    """A time of day in one box, as people write it: 2:30pm, 14:30, midday."""

    WORDS = {"midday": time(12), "noon": time(12), "midnight": time(0)}

    def read(self, typed: Values) -> time | None:
        came = re.sub(r"\s", "", typed[0] if typed else "").lower()
        if not came or came in self.WORDS:
            return self.WORDS.get(came)
        found = re.fullmatch(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?:([ap])\.?m\.?)?", came)
        if found is None:
            raise ValueError("Enter a time, for example 9:30am or 2pm")
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
        if half is None and (found[2] is None or found[1] in "1234567"):
            raise ValueError("Write “am” or “pm” after the time, for example 9:30am or 2pm")
        if not (1 <= hour <= 12 if half else hour < 24) or minute > 59:
            raise ValueError("Enter a real time, for example 9:30am or 2pm")
        return time(hour if half is None else hour % 12 + (12 if half == "p" else 0), minute)

    def missing(self) -> str:
        return f"Enter the time for “{self.label.text}”"

    def answer(self) -> str:
        return "" if self.data is None else spell_hour(self.data)

    def codes(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data.isoformat("minutes"),)


class Rows(Field):
    """Rows of the same fields, one more or one fewer at the press of a button. Blank rows do not count."""

    component = "rows"

    def __init__(
        self, label: str, *, row: type[Form], each: str, most: int = 40, hint: str = "", **options: Any
    ) -> None:
        super().__init__(label, description=hint, **options)
        self.row, self.each, self.most = row, each, most
        self.rows: list[Form] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        numbers = row_numbers(formdata.keys() if formdata else (), self.name)
        self.came = len(numbers)
        self.rows = [self.row(formdata, prefix=f"{self.name}-{number}-") for number in numbers[: self.most] or [0]]

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        self.errors = []
        if self.came > self.most:
            self.errors.append(
                f"There can be {self.most} here, and {self.came:,} came. Nothing is recorded of the rest"
            )
        for position, row in enumerate(self.rows, start=1):
            if not is_blank(row) and not row.validate():
                for field in row:
                    field.errors = [f"{self.each} {position}: {error}" for error in field.errors]
                self.errors.append(f"{self.each} {position} is not complete")
        return not self.errors

    @property
    def filled(self) -> list[Form]:
        return [row for row in self.rows if not is_blank(row)]


def is_blank(row: Form) -> bool:
    """Whether nothing at all was typed into the row."""
    return not any(any(cast(Answerable, field).typed) for field in row)


def row_numbers(names: Sequence[str] | Any, prefix: str) -> list[int]:
    """The numbers of the rows that came in, in order: `actions-2-what` is of row 2."""
    found = set()
    for name in names:
        if name.startswith(f"{prefix}-"):
            number = name[len(prefix) + 1 :].split("-", 1)[0]
            if is_row_number(number):
                found.add(int(number))
    return sorted(found)


def number_brought_back(text: str) -> int:
    """The number that a page of ours put into its form; -1, which none of them puts there, for anything else."""
    return int(text) if is_row_number(text) else -1


def is_row_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7
