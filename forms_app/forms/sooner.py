"""The date that protects somebody: it comes before every time limit, and with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms_app.domain.clocks import Running
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import Open, clocks_if_entered, last_that_can_be_shortened
from forms_app.domain.policy import Route, Stage, Unit
from forms_app.domain.records import Timing
from forms_app.domain.working_days import spell_date
from forms_app.forms.asking import Asking, PageForm, day_ahead, words


class Sooner(PageForm):
    """The date and the reason are given together, or neither."""

    def validate(self, extra_validators: Any = None) -> bool:
        day, why = self.question("f-protect_by"), self.question("f-protect_because")
        why.required = day.data is not None
        day.required = day.required or bool(str(why.data or "").strip())
        return super().validate(extra_validators)


def sooner_questions(asking: Asking, *, required: bool = False) -> dict[str, Any]:
    """`required` where nothing else is asked on the page."""
    hint = "A date here can only make the time limits shorter."
    unless = "" if required else " Leave it empty if the usual limits protect enough."
    label = f"Must it be settled sooner to protect the {asking.policy.words.child}?"
    return {
        "f-protect_by": day_ahead(asking, label, hint=hint + unless, required=required),
        "f-protect_because": words(asking, "Why must it be sooner?", required=False),
    }


def not_sooner(form: PageForm, stage: Stage, clocks: Sequence[Running]) -> tuple[str, str | None]:
    """Refuses a date that shortens nothing, where that is known already."""
    day, last = form["f-protect_by"].data, last_that_can_be_shortened(stage, clocks)
    if day is None or last is None or day <= last.day:
        return "f-protect_by", None
    limit = f"This is later than the limit, {spell_date(last.day)}."
    return "f-protect_by", f"{limit} Leave it empty or enter an earlier date"


def clocks_to_come(asking: Asking, form: PageForm, route: Route, stage: Stage) -> tuple[Running, ...]:
    """The clocks of the stage that is entered by this form, with what is said on this page about time."""

    def said(name: str) -> Any:
        return form[name].data or None if name in form else None

    is_stated = any(clock.limit.unit is Unit.STATED for clock in stage.clocks)
    timing = Timing(
        concern_identified_on=said("f-identified"),
        decision_received_on=said("f-received"),
        time_frame=said("f-time_frame") if is_stated else None,
        priority=said("f-priority"),
    )
    before = asking.standing.visits if isinstance(asking.standing, Open) else ()
    try:
        return clocks_if_entered(route, stage, timing, before=before, at=asking.now, calendar=asking.calendar)
    except CalendarEnds:
        return ()
