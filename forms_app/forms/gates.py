"""What must be confirmed before a form is sent: a statement that is ticked, or for each agency who and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from forms_app.domain.acts import gates_to
from forms_app.domain.policy import Gate, Stage
from forms_app.forms.asking import Asking, Page, page_of, past_day, raising_agency
from forms_app.forms.fields import Ticked, Words


def ticked_gates(stage: Stage, before: str) -> dict[str, Any]:
    """The statements that are ticked on a page of other questions."""
    return {f"f-gate-{gate.id}": _ticked(gate) for gate in gates_to(stage, before) if not gate.per_agency}


def agency_gates(asking: Asking, stage: Stage, before: str, responding: tuple[UUID, ...]) -> Iterator[Page]:
    """A page for each statement that must be true of every agency: who it is that was told there, and when."""
    agencies = {raising_agency(asking), *responding}
    for gate in gates_to(stage, before):
        if gate.per_agency:
            fields: dict[str, Any] = {}
            for agency in asking.directory.agencies:
                if agency.id in agencies:
                    fields[f"f-told-{agency.id}"] = Words(f"{agency.name}: name", unprintable=asking.unprintable)
                    fields[f"f-told_on-{agency.id}"] = past_day(asking, f"{agency.name}: on which day?")
            yield page_of(f"gate-{gate.id}", gate.statement, fields, intro=gate.otherwise, confirms=gate.id)


def _ticked(gate: Gate) -> Ticked:
    return Ticked("Confirm", statement=gate.statement, otherwise=gate.otherwise)
