"""`policies check` says every fault, or what a policy says and what deserves a second look."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from forms_app.commands import policies
from forms_app.policies.modelled import NOT_YET_ACTED_UPON, not_yet_acted_upon
from forms_app.policies.shelf import SHIPPED
from forms_app.policies.warnings import warnings_about
from tests.policies.small import SMALL, changed, read


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    policies.add_to(parser.add_subparsers())
    chosen = parser.parse_args(["policies", *arguments])
    return int(chosen.run(chosen))


def test_every_fault_is_printed_with_its_file_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(changed("amount: 2 }", "amont: 2 }").replace("who: all_sides", "who: everyone"), "utf-8")

    assert _run("check", str(file)) == 1

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{file}:61:")
    assert lines[0].endswith(
        "routes 1, stages 1, clocks 1, limit, amont: “amont” is not known here; did you mean “amount”?"
    )


def test_a_missing_file_is_told_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check", str(tmp_path / "none.yaml")) == 1
    assert capsys.readouterr().out.endswith("none.yaml:1:1: there is no such file\n")


def test_a_good_file_is_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, "utf-8")

    assert _run("check", str(file)) == 0

    said = capsys.readouterr().out
    assert "small@2026-01: A small policy (January 2026)" in said
    assert "1. First (questions: opening 3)" in said
    assert "Talk – 2 working days" in said
    assert "A week – 1 working week" in said
    assert "Modelled, not yet acted upon:\n  - a count of similar escalations" in said
    assert "Warnings" not in said


def test_the_policies_that_ship_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("list") == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list(SHIPPED.glob("*.yaml")))


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("schema") == 0
    assert "routes" in json.loads(capsys.readouterr().out)["properties"]


# --- warnings ----------------------------------------------------------------------------------------------------


def test_the_small_policy_deserves_no_warning() -> None:
    assert list(warnings_about(read(SMALL))) == []


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("- { text: Decide soon.,", "[]\n# ", "stage “Second” of route “The ladder” has no guidance"),
        (
            "  - { on: left,",
            "  - { on: opened, document: written_account, to: [raising_side], identified: true, source: *n }\n  - { on: left,",
            "on opened, raising_side are told twice by written_account",
        ),
        (
            "stages: [two], document: notice_to_board, to: [business_unit], identified: false",
            "stages: [two], document: stage_record, to: [board_side], identified: true",
            "the Board is never told of anything",
        ),
    ],
)  # fmt: skip
def test_a_likely_slip_is_a_warning(old: str, new: str, warning: str) -> None:
    assert list(warnings_about(read(changed(old, new)))) == [warning]


def test_two_stages_alike_are_a_warning_unless_it_is_meant() -> None:
    second = SMALL[SMALL.index("      - id: two\n") : SMALL.index("notices:\n")]
    first = SMALL[SMALL.index("      - id: one\n") : SMALL.index("      - id: two\n")]
    copy = first.replace("id: one", "id: two").replace("name: First", "name: Second").replace("number: 1", "number: 2")
    twin = SMALL.replace(second, copy)

    alike = list(warnings_about(read(twin)))
    meant = list(warnings_about(read(twin.replace("number: 2", "number: 2\n        same_as: one"))))

    assert alike == ["stages “First” and “Second” are alike; if that is meant, say same_as: one"]
    assert meant == []


def test_a_route_without_categories_beside_others_that_have_some_is_a_warning() -> None:
    ladder = SMALL[SMALL.index("  - id: main\n") : SMALL.index("notices:\n")]
    listed = ladder.replace("id: main", "id: track").replace("title: The ladder", "title: A track")
    own = "description: For everything.\n    categories: [{ id: plan, title: The plan }]"

    with_own = SMALL.replace(ladder, ladder + listed.replace("description: For everything.", own))
    without = with_own.replace(
        "notices:\n", f"{listed.replace('id: track', 'id: other').replace('A track', 'Another')}notices:\n"
    )

    assert list(warnings_about(read(with_own))) == []
    (warning,) = warnings_about(read(without))
    assert warning.startswith("route “Another” has no categories of its own")


# --- what is only modelled ---------------------------------------------------------------------------------------

GATE = "{ id: a, before: entering, statement: Yes, otherwise: No, per_agency: true, source: { decided: x } }"
PANEL = "{ id: a, title: A, form: panel, conveners: [{ side: board, level: executive }], source: { decided: x } }"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: raiser, to: [two], source: { section: "3.1"',
            "passing over stages (First)",
        ),
        ("number: 2\n", "number: 2\n        repeats_tiers: true\n", "going up tier by tier within a stage (Second)"),
        (
            "who: arbiter,",
            "who: arbiter, decision_stands: true,",
            "a decision that stands while it is challenged (Second)",
        ),
        ("number: 2\n", "number: 2\n        counts: false\n", "a stage that is recorded and not counted (Second)"),
        (
            "does: Talk\n",
            "does: Talk\n            shown_by: stage_record\n",
            "the document that shows that a clock was kept (First)",
        ),
        ("number: 2\n", "number: 2\n        arbiter_sets_steps: true\n", "an arbiter who sets the steps (Second)"),
        ("number: 2\n", "number: 2\n        alongside: [{ id: a, title: A }]\n", "what goes on alongside a stage (Second)"),
        ("who: arbiter,", "who: arbiter, dissent_recorded: true,", "dissent that is recorded when a decision stands (Second)"),
        ("unit: working_days, amount: 2", "unit: agreed", "a time that all sides accept (First)"),
        (
            "does: Talk\n",
            "does: Talk\n            if_unanswered: opens_next_stage\n",
            "the next stage opening by itself when nobody answers (First)",
        ),
        ("kind: ends_here", "kind: returns_to", "a route that returns to a conference or person"),
        (
            "description: For everything.",
            "description: All.\n    subject_status: [{ id: a, title: A }]",
            "a route for subjects of a certain status",
        ),
        (
            "source: { section: \"1\", words: the text }",
            "duties: [{ id: a, text: Review, side: all, due: review_date, source: *n }]\nsource: *n",
            "what is still owed after it is resolved",
        ),
        (
            "number: 2\n",
            f"number: 2\n        gates: [{GATE}]\n",
            "a gate that every agency confirms (Second)",
        ),
        (
            "number: 2\n",
            f"number: 2\n        meetings: [{PANEL}]\n",
            "meetings, panels and mediation as records of their own (Second)",
        ),
    ],
)  # fmt: skip
def test_what_the_service_does_not_do_yet_is_said(old: str, new: str, line: str) -> None:
    assert set(not_yet_acted_upon(read(changed(old, new)))) == {line, "a count of similar escalations"}


def test_nothing_is_listed_that_a_policy_does_not_use() -> None:
    plain = read(SMALL[: SMALL.index("pattern:")] + SMALL[SMALL.index('source: { section: "1", words: the text }') :])

    assert list(not_yet_acted_upon(plain)) == []
    assert len({capability.title for capability in NOT_YET_ACTED_UPON}) == len(NOT_YET_ACTED_UPON)
