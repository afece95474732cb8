"""The questions about a delivery: when somebody was told by telephone, and from whom a document is withdrawn and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import Form

from forms_app.domain.deliveries import Reason
from forms_app.domain.working_days import instant_of, uk_date
from forms_app.forms.asking import PageForm
from forms_app.forms.fields import Day, Pick, Picks, TimeOfDay

EVERYBODY, SOME = "everybody", "some"
CHOICES = (
    (Reason.WRONG_PERSON, "It was sent to the wrong person"),
    (Reason.WRONG_DOCUMENT, "It is the wrong document"),
    (Reason.SAYS_TOO_MUCH, "It says what it must not"),
    (Reason.OTHER, "Another reason"),
)


class ToldForm(Form):
    """When somebody was told. Made by `told_form`, which adds its fields."""

    fault: Callable[[datetime], str | None]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        try:
            fault = type(self).fault(self.moment)
        except ValueError as refused:
            fault = str(refused)
        if fault is not None:
            self["f-time"].errors = [fault]
        return fault is None

    @property
    def moment(self) -> datetime:
        """Raises ValueError for a time that the clocks never showed on that day."""
        return instant_of(self["f-day"].data, self["f-time"].data)


def told_form(*, owed_at: datetime, now: datetime, fault: Callable[[datetime], str | None]) -> type[ToldForm]:
    """`fault` says why it cannot have been at a moment."""
    fields = {
        "f-day": Day("On which day did you tell them?", earliest=uk_date(owed_at), latest=uk_date(now)),
        "f-time": TimeOfDay("At what time?", hint="For example 9:30am or 2pm."),
        "fault": staticmethod(fault),
    }
    return type("Told", (ToldForm,), fields)


class FromWhom(Pick):
    def missing(self) -> str:
        return "Choose from whom it is withdrawn"


class WhichPeople(Picks):
    def missing(self) -> str:
        return "Choose at least one person"


class Why(Pick):
    def missing(self) -> str:
        return "Choose why it is withdrawn"


class WithdrawForm(PageForm):
    """From whom a document is withdrawn, and why. Made by `withdraw_form`, which adds its fields."""

    everybody: Sequence[UUID] = ()

    @property
    def deliveries(self) -> tuple[UUID, ...]:
        if self["f-from"].data == EVERYBODY:
            return tuple(self.everybody)
        return tuple(UUID(each) for each in self["f-people"].data or ())

    @property
    def reason(self) -> Reason:
        return Reason(self["f-why"].data)


def chosen_before(typed: MultiDict[str, str]) -> Collection[str] | None:
    """From whom a form that may have been sent before says that it is withdrawn, as it was sent; None for everybody."""
    return None if typed.get("f-from") == EVERYBODY else typed.getlist("f-people")


def withdraw_form(recipients: Sequence[tuple[UUID, str]]) -> type[WithdrawForm]:
    """`recipients`: the delivery to each, and what they are called."""
    fields = {
        "f-from": FromWhom(
            "From whom?",
            choices=((SOME, "From some of those who were sent it"), (EVERYBODY, "From everybody who was sent it")),
        ),
        "f-people": WhichPeople("Who should not have it?", choices=[(str(each), name) for each, name in recipients]),
        "f-why": Why("Why?", choices=[(reason.value, words) for reason, words in CHOICES]),
        "depends": {"f-people": ("f-from", frozenset({SOME}))},
        "everybody": tuple(each for each, _ in recipients),
    }
    return type("Withdraw", (WithdrawForm,), fields)
