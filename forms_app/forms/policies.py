"""The questions about rehearsing a policy, comparing two versions, and adopting one from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from wtforms import Form

from forms_app.domain.adopting import FURTHEST, Version
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import spell_date
from forms_app.forms.fields import Day, Pick, PickFromList, Ticked


def rehearse_form(policy: Policy, *, today: date) -> type[Form]:
    fields: dict[str, object] = {
        "route": Pick("Which way does it go?", choices=[(route.id, route.title) for route in policy.routes]),
        "opened_on": Day(
            "On which day is it raised?",
            hint=f"At 9am. For example {today.day} {today.month} {today.year}. Try the days before Christmas.",
            earliest=today - FURTHEST,
            latest=today + FURTHEST,
        ),
    }
    return type("RehearseForm", (Form,), fields)


def compare_form(versions: Sequence[Version]) -> type[Form]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in versions:
        groups.setdefault(each.title, []).append((each.key, f"{each.short_title}, {each.dated}"))
    fields: dict[str, object] = {
        "before": PickFromList("Before", groups=groups),
        "after": PickFromList("After", groups=groups),
    }
    return type("CompareForm", (Form,), fields)


def adopt_form(*, today: date, warnings: int, misfits: int) -> type[Form]:
    """What was not found need not be confirmed."""
    tomorrow = today + timedelta(days=1)
    fields: dict[str, object] = {
        "starts_on": Day(
            "From which day do new escalations begin under it?",
            hint=f"From the start of that day in the United Kingdom: tomorrow, {spell_date(tomorrow)}, or later.",
            earliest=tomorrow,
            latest=today + FURTHEST,
        ),
        "compared": Ticked(
            "What changes",
            statement="I have read what changes",
            otherwise="Read what changes, and say that you have",
        ),
    }
    if warnings:
        fields["warned"] = Ticked(
            "What may be a slip",
            statement="I have read what may be a slip in this version, and it is meant so",
            otherwise="Read what may be a slip in this version, and say that it is meant so",
        )
    if misfits:
        fields["fits"] = Ticked(
            "What does not fit this Board yet",
            statement="I know what must be put right on the day",
            otherwise="Read what does not fit this Board yet, and say that you know what must be put right",
        )
    return type("AdoptForm", (Form,), fields)
