"""`policies rehearse` prints what a policy does, for people and, in a form that stays, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from forms_app.commands import main
from forms_app.policies.shelf import SHIPPED
from forms_app.services.rehearsed import FORMAT, Rehearsal

HERE = Path(__file__).parent
ANNEX_C = str(SHIPPED / "annex-c-2023-04.yaml")
BERKSHIRE = str(SHIPPED / "berkshire-2017-04.yaml")
OPENED = ("--opened", "2026-12-23T16:30")


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["policies", *arguments]) == 0
    return capsys.readouterr().out


def test_the_names_of_a_rehearsal_are_those_that_programs_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    """If this fails because a name changed or went, raise FORMAT; if one was added, only write the schema anew."""
    pinned = json.loads((HERE / "rehearsal.schema.json").read_text("utf-8"))

    assert json.loads(_printed(capsys, "schema", "--of", "rehearsal")) == pinned
    assert FORMAT == 1


def test_a_rehearsal_in_json_is_what_its_schema_says_and_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    once = _printed(capsys, "rehearse", ANNEX_C, "--json", *OPENED)
    again = _printed(capsys, "rehearse", ANNEX_C, "--json", *OPENED)

    found: dict[str, Any] = json.loads(once)
    assert once == again
    assert found["format"] == FORMAT
    assert TypeAdapter(Rehearsal).validate_json(once).policy == "annex-c@2023-04"
    assert set(found) == set(json.loads((HERE / "rehearsal.schema.json").read_text("utf-8"))["required"])


def test_people_read_gates_ways_meetings_help_and_what_is_owed(capsys: pytest.CaptureFixture[str]) -> None:
    said = _printed(capsys, "rehearse", BERKSHIRE, *OPENED)

    assert "before it is opened: I have tried to understand the reasons" in said
    assert "passing over Stage 2: The professionals in disagreement, Stage 3: Line manager to line manager" in said
    assert (
        "Meeting of the senior managers who answer for the case (meeting), called by Board side: Board member" in said
    )
    assert "If nothing is recorded for 5 working days, people are told." in said
    assert "What is owed then\n  - by the dates of the agreed actions: All sides: Pursue what is outstanding" in said
    assert "  - at once: Board side: Report what can be learned from the process to the sub-group" in said
    assert "At every stage help can be asked of: Senior Liaison Officer." in _printed(capsys, "rehearse", ANNEX_C)


def test_it_goes_on_out_of_the_policy_where_the_route_does_and_says_where_it_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "End: Left for: The Worcestershire" in _printed(capsys, "rehearse", ANNEX_C, "--end", "left", *OPENED)

    assert main(["policies", "rehearse", BERKSHIRE, "--end", "left"]) == 1
    assert "It never leaves the policy on this route" in capsys.readouterr().err
