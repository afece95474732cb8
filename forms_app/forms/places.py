"""The questions about a place: who takes it over and why, who covers in it from when to when, and which interest somebody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from wtforms import Form

from forms_app.domain.places import REASONS, Candidate, Reason
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Day, Pick, PickFromList, Words

LIMIT = 500
"""How long a sentence about a reason or an interest can be."""


class Colleague(PickFromList):
    def missing(self) -> str:
        return "Choose a colleague from the list"


class WhyNow(Pick):
    def missing(self) -> str:
        return "Choose why the place changes hands"


class FirstDay(Day):
    def missing(self) -> str:
        return "Enter the first day"


class LastDay(Day):
    def missing(self) -> str:
        return "Enter the last day"


class HandOverForm(Form):
    """Who takes a place over, and why. Made by `hand_over_form`, which adds its fields."""

    @property
    def to(self) -> UUID:
        return UUID(self["f-to"].data)

    @property
    def reason(self) -> Reason:
        return Reason(self["f-reason"].data)

    @property
    def words(self) -> str:
        return str(self["f-words"].data or "").strip()


def hand_over_form(candidates: Sequence[Candidate], *, unprintable: Unprintable) -> type[HandOverForm]:
    fields: dict[str, Any] = {
        "f-to": Colleague("Who takes over?", groups=_listed(candidates)),
        "f-reason": WhyNow("Why?", choices=[(reason.value, words) for reason, words in REASONS.items()]),
        "f-words": Words(
            "Is there anything that colleagues should know about it?",
            hint="Only people of the same agency who take part read it. Say nothing of anybody’s health.",
            lines=True,
            limit=LIMIT,
            required=False,
            unprintable=unprintable,
        ),
    }
    return type("HandOver", (HandOverForm,), fields)


class CoverForm(Form):
    """Who covers from when to when. Made by `cover_form`, which adds its fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.last < self.first:
            self["f-last"].errors = ["The last day must be the first day or later"]
            return False
        return True

    @property
    def person(self) -> UUID:
        return UUID(self["f-person"].data)

    @property
    def first(self) -> date:
        found: date = self["f-first"].data
        return found

    @property
    def last(self) -> date:
        found: date = self["f-last"].data
        return found


def cover_form(candidates: Sequence[Candidate], *, today: date, latest: date) -> type[CoverForm]:
    fields: dict[str, Any] = {
        "f-person": Colleague("Who covers?", groups=_listed(candidates)),
        "f-first": FirstDay("From which day?", hint="For example, 27 3 2027.", earliest=today, latest=latest),
        "f-last": LastDay(
            "Until the end of which day?",
            hint="For example, 9 4 2027. It ends by itself at the end of that day.",
            earliest=today,
            latest=latest,
        ),
    }
    return type("Cover", (CoverForm,), fields)


class InterestForm(Form):
    """Which interest somebody has. Made by `interest_form`, which adds its field."""

    @property
    def words(self) -> str:
        return str(self["f-words"].data or "").strip()


def interest_form(*, unprintable: Unprintable) -> type[InterestForm]:
    field = Words(
        "What is your interest?",
        hint="For example, that you know the family. It is kept with your declaration and shown to nobody who takes part.",
        lines=True,
        limit=LIMIT,
        required=False,
        unprintable=unprintable,
    )
    return type("DeclaredInterest", (InterestForm,), {"f-words": field})


def _listed(candidates: Sequence[Candidate]) -> dict[str, list[tuple[str, str]]]:
    return {"Colleagues": [(str(each.id), each.name) for each in candidates]}
