"""`policies check` says every fault, or what a policy says and what deserves a second look."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from forms_app.commands import policies
from forms_app.domain.policy import DocumentKind, Event
from forms_app.policies.reader import policy_file_from_bytes
from forms_app.policies.shelf import SHIPPED
from forms_app.policies.warnings import warnings_about
from tests.factories.policies import notice
from tests.factories.scenes import latest
from tests.policies.small import SMALL, changed, faults_in, line_of


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
    assert "second look" not in said


def test_the_policies_that_ship_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("list") == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list(SHIPPED.glob("*.yaml")))


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("schema") == 0
    assert "routes" in json.loads(capsys.readouterr().out)["properties"]


# --- what cannot work --------------------------------------------------------------------------------------------

EXTRA = SMALL[SMALL.index("      - id: two\n") : SMALL.index("notices:\n")].replace("id: two", "id: three").replace(
    "number: 2", "number: 3"
).replace("name: Second", "name: Third").replace("hours, amount: 24", "hours, amount: 12")  # fmt: skip
TALL = SMALL.replace("notices:\n", f"{EXTRA}notices:\n")
"""The small policy with a third stage."""
MEETING = "{ id: a, title: A, form: panel, conveners: [{ side: board, level: executive }], source: { decided: x } }"
GATE = "{ id: a, before: entering, statement: Yes, otherwise: No, source: { decided: x } }"
TRACK = """\
  - id: track
    title: Track
    description: For some.
    source: { decided: x }
    after: { kind: joins, route: main, stage: two, title: On, source: { decided: x } }
"""


def and_a_notice(words: str) -> str:
    """What stands where another notice stood alone."""
    return f"  - {{ {words}, source: *n }}\n  - {{ on: left,"


def told(text: str, old: str, new: str) -> str:
    """A policy with its first such place changed."""
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        (
            "number: 1\n",
            "number: 1\n        steps_up: board_side\n",
            "- id: two",
            "nobody can take it on from “First”, so this stage is never reached",
        ),
        (
            "level: practitioner\n            does",
            "level: executive\n            does",
            "level: executive\n            does",
            "nobody acts as executive here, so nobody can keep this clock",
        ),
        (
            "unit: by_priority, priorities: { high: { unit: hours, amount: 24 } }",
            "unit: agreed",
            "unit: agreed",
            "both sides must act at a stage with a limit that is agreed",
        ),
        (
            "stops: outcome_recorded",
            "stops: meeting_held",
            "stops: meeting_held",
            "no meeting is held at this stage, so this clock never stops",
        ),
        (
            'starts: stage_entered\n            stops: outcome_recorded\n            source: { section: "3.2"',
            'starts: account_by_responding\n            stops: outcome_recorded\n            source: { section: "3.2"',
            "starts: account_by_responding",
            "nobody responds at this stage, so this clock never starts",
        ),
        (
            "number: 2\n",
            f"number: 2\n        gates: [{GATE.replace('entering', 'opening')}]\n",
            "gates: [",
            "this is never asked: only the first stage of a route is opened",
        ),
        (
            "number: 1\n",
            f"number: 1\n        gates: [{GATE}]\n",
            "gates: [",
            "this is never asked: the first stage of a route is opened, not entered",
        ),
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: never, to: [three], source: { section: "3.1"',
            "to: [three]",
            "the rule is never, so leave this out",
        ),
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: raiser, source: { section: "3.1"',
            "rule: raiser",
            "say to which later stages it may pass",
        ),
        (
            'skip: { rule: never, source: { section: "3.2"',
            'skip: { rule: raiser, to: [one], source: { section: "3.2"',
            "to: [one]",
            "“one” does not come after this stage",
        ),
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: raiser, to: [two], source: { section: "3.1"',
            "to: [two]",
            "“two” is the next stage: nothing is passed over",
        ),
        (
            "number: 1\n",
            f"number: 1\n        meetings: [{MEETING}]\n",
            "meetings: [",
            "nobody can call this meeting: none of these acts at this stage or before it",
        ),
        (
            "pattern:",
            f"meetings: [{MEETING.replace('executive', 'high')}]\npattern:",
            "meetings: [",
            "nobody can call this meeting",
        ),
        (
            "number: 1\n",
            "number: 1\n        arbiter_sets_steps: true\n",
            "arbiter_sets_steps",
            "an arbiter sets the steps, but nobody of the Board acts",
        ),
        (
            "- { side: raising, level: practitioner }\n          - { side: responding, level: practitioner }",
            "- { side: board, level: practitioner }",
            "closing: { who: all_sides",
            "all sides close this stage, but neither raising nor responding acts at it",
        ),
        (
            "pattern:",
            "duties: [{ id: a, text: A, side: all, due: at_once, stages: [four], source: *n }]\npattern:",
            "stages: [four]",
            "no stage is called “four”",
        ),
        ("opens: two", "opens: one", "opens: one", "“one” is where everybody begins, so a pattern opens nothing"),
        ("kind: ends_here", "kind: joins, route: main, stage: two", "after:", "this route leads back to itself"),
    ],
)
def test_what_can_never_happen_is_a_fault_at_its_line(old: str, new: str, at: str, sentence: str) -> None:
    text = told(TALL, old, new)

    faults = [fault for fault in faults_in(text) if sentence in fault.sentence]

    assert faults_in(TALL) == ()
    assert len(faults) == 1, faults_in(text)
    assert abs(faults[0].line - line_of(text, at)) <= 1


def test_a_notice_for_a_stage_of_another_route_is_a_fault() -> None:
    first = SMALL[SMALL.index("    stages:\n") : SMALL.index("      - id: two\n")].replace("id: one", "id: other")
    text = SMALL.replace("notices:\n", f"{TRACK}{first}notices:\n")
    astray = told(text, "stages: [two], document", "routes: [track], stages: [two], document")

    assert faults_in(text) == ()
    assert [fault.sentence for fault in faults_in(astray)] == ["none of these routes has a stage “two”"]


def test_a_stage_that_another_route_joins_is_reached_and_its_gate_is_asked() -> None:
    ladder = SMALL[SMALL.index("    stages:\n") : SMALL.index("notices:\n")]
    track = TRACK.replace("stage: two", "stage: one") + ladder[: ladder.index("      - id: two\n")].replace(
        "id: one", "id: other"
    )
    text = told(SMALL, "number: 1\n", f"number: 1\n        gates: [{GATE}]\n").replace(
        "notices:\n", f"{track}notices:\n"
    )

    assert faults_in(text) == ()


def test_who_joins_as_a_helper_can_call_a_meeting() -> None:
    helper = "helpers: [{ id: a, title: A, seat: chair, source: { decided: x } }]\n"
    text = SMALL.replace("pattern:", f"{helper}meetings: [{MEETING.replace('executive', 'chair')}]\npattern:").replace(
        "{ id: executive, title: Director }", "{ id: executive, title: Director }\n  - { id: chair, title: Chair }"
    )

    assert faults_in(text) == ()
    assert [fault.sentence for fault in faults_in(text.replace(helper, ""))] == [
        "nobody can call this meeting: none of these acts at this stage or before it"
    ]


# --- what deserves a second look ---------------------------------------------------------------------------------


def warned(text: str) -> list[str]:
    read_ = policy_file_from_bytes(text.encode(), name="small.yaml")
    return [fault.sentence for fault in read_.where(warnings_about(read_.policy))]


def test_the_small_policy_deserves_no_warning() -> None:
    assert warned(SMALL) == []
    assert [each for each in warned(TALL) if "alike" not in each] == []


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("- { text: Decide soon.,", "[]\n# ", "stage “Second” of route “The ladder” has no guidance"),
        (
            "  - { on: left,",
            and_a_notice("on: opened, document: written_account, to: [raising_side], identified: true"),
            "on opened, raising_side are told twice by written_account",
        ),
        (
            "stages: [two], document: notice_to_board, to: [business_unit], identified: false",
            "stages: [two], document: written_account, to: [board_side], identified: true",
            "the Board is never told of anything",
        ),
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: urgency, to: [three], source: { section: "3.1"',
            "stages may be passed over without any reason: nobody is asked for one",
        ),
        (
            "number: 1\n",
            "number: 1\n        supported_by: [executive]\n",
            "nobody of the raising side acts as executive by then, so nobody may ever be asked for support",
        ),
        (
            "words: two days",
            "words: soon as possible",
            "these words give no figure, but the limit does: “soon as possible”",
        ),
        (
            "words: one week",
            "words: as a matter of urgency",
            "these words give no figure, but the limit does: “as a matter of urgency”",
        ),
        ("words: a day", "words: in time", "these words give no figure, but the limit does: “in time”"),
        (
            "- { id: high, title: High }",
            "- { id: high, title: High }\n  - { id: low, title: Low }",
            "this says nothing about the priority “low”: then there is no limit",
        ),
        (
            "high: { unit: hours, amount: 12 } } }\n",
            "high: { unit: hours, amount: 12 } } }\n            if_unanswered: opens_next_stage\n",
            "no stage comes after this one, so none opens by itself",
        ),
        (
            "unit: working_days, amount: 2 }\n",
            "unit: without_delay }\n            if_unanswered: opens_next_stage\n",
            "a limit without_delay never runs out, so no stage opens by itself",
        ),
        (
            "does: Talk\n",
            "does: Talk\n            shown_by: notice_to_board\n",
            "no notice makes a notice_to_board at this stage",
        ),
        (
            "asked: opening, questions: [problem, where, which]",
            "asked: opening, sides: [responding], questions: [problem, where, which]",
            "“The problem” is never asked: raising fills in the form “opening” of this stage",
        ),
        (
            "asked: account, sides: [board]",
            "asked: opening, sides: [board]",
            "“The problem” is never asked: nobody fills in the form “opening” of this stage",
        ),
        (
            "asked: account, sides: [board]",
            "asked: account, sides: [board, responding]",
            "“The problem” is meant for the responding side, which has no form “account” here",
        ),
        (
            "questions: [problem, where, which]",
            "questions: [problem, which] }\n          - { title: Where, asked: opening, questions: [where]",
            "“which” is asked whatever is answered to “where”: put both into one group",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: stage_entered, stages: [one], document: board_proforma, to: [chair], identified: false"),
            "this notice is never sent: the first stage of a route is opened, not entered; write on: opened",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: opened, stages: [two], document: board_proforma, to: [chair], identified: false"),
            "this notice is never sent: an escalation is opened at the first stage of a route, and none of these is one",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: left, stages: [one], document: board_proforma, to: [chair], identified: false"),
            "this notice is never sent: it does not leave the policy from any of these stages",
        ),
        (
            "  - { on: left,",
            and_a_notice(
                "on: stage_entered, only_if: policy_gap, document: board_proforma, to: [chair], identified: false"
            ),
            "this notice is never sent: what was learned is known only when there is an outcome, not when: stage_entered",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: resolved, only_if: learning, document: board_proforma, to: [chair], identified: false"),
            "this notice is never sent: the policy has no learning to choose from",
        ),
        (
            "  - { on: left,",
            and_a_notice(
                "on: resolved, only_if: from_stage_reached, document: board_proforma, to: [chair], identified: false"
            ),
            "this notice is never sent: say which stages it is that must have been reached",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: opened, document: stage_record, to: [board_side], identified: true"),
            None,
        ),
        (
            "  - { on: left,",
            and_a_notice(
                "on: outcome_proposed, stages: [one], document: written_account, to: [board_side], identified: true"
            ),
            "this notice goes to nobody but the raiser: none of these sides acts then",
        ),
        (
            "  - { on: left,",
            and_a_notice("on: stage_entered, document: referral, to: [board_side], identified: true, stages: [two]"),
            None,
        ),
        ("internal:", "document_titles: { notice_to_board: Note, written_confirmation: Word }\ninternal:", None),
        (
            "pattern:",
            "duties: [{ id: a, text: A, side: board, due: at_once, stages: [one], source: *n }]\npattern:",
            "nobody of the board side is a party then, so nobody owes this",
        ),
        (
            "pattern:",
            "helpers: [{ id: a, title: A, seat: chair, source: *n }]\npattern:",
            "whoever holds this seat has no title among the parties: add a level “chair”",
        ),
        (
            "nation:",
            "adopted_by: [One Board]\nlocal_additions: [{ board: Another Board }]\nnation:",
            "“Another Board” is not among those that have adopted this policy",
        ),
    ],
)
def test_a_likely_slip_is_a_warning(old: str, new: str, warning: str | None) -> None:
    found = set(warned(told(TALL, old, new))) - set(warned(TALL))

    assert found == (set() if warning is None else {warning})


def test_a_stage_that_opens_by_itself_though_something_must_be_confirmed_first_is_a_warning() -> None:
    opens = told(SMALL, "does: Talk\n", "does: Talk\n            if_unanswered: opens_next_stage\n")

    assert warned(opens) == []
    assert warned(told(opens, "number: 2\n", f"number: 2\n        gates: [{GATE}]\n")) == [
        "somebody must confirm “a” before the next stage, so it never opens by itself"
    ]


@pytest.mark.parametrize(("stage", "found"), [("leads", True), ("partnership", False)])
def test_a_referral_to_a_stage_where_nobody_of_the_board_acts_is_a_warning(stage: str, found: bool) -> None:
    policy = latest("west-sussex")
    refers = notice(Event.STAGE_ENTERED, DocumentKind.REFERRAL, stages=(stage,))

    said = {remark.sentence for remark in warnings_about(policy.model_copy(update={"notices": (refers,)}))}

    sentence = "nobody of the Board acts at any of these stages: this refers it to the sides themselves"
    assert (sentence in said) is found


def test_a_notice_about_meetings_where_none_is_held_is_a_warning() -> None:
    minutes = "on: meeting_held, stages: [one], document: meeting_minutes, to: [raising_side], identified: true"

    assert "this notice is never sent: no meeting is held at any of these stages" in warned(
        told(SMALL, "  - { on: left,", and_a_notice(minutes))
    )
    assert warned(SMALL) == [], "every policy has to have one for all of its stages"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "on: resolved, document: file_copy, to: [raising_side], identified: true",
            "a file_copy is made when an agency asks for one, and sent to nobody: take this notice out",
        ),
        (
            "on: opened, document: written_confirmation, to: [raising_side], identified: true",
            "written_confirmation can only be made on: resolved",
        ),
        (
            "on: opened, document: acknowledgement_sheet, to: [raising_side], identified: true",
            "acknowledgement_sheet can only be made on: resolved",
        ),
        (
            "on: meeting_held, document: meeting_invitation, to: [raising_side], identified: true",
            "meeting_invitation can only be made on: meeting_called",
        ),
        (
            "on: meeting_called, document: meeting_minutes, to: [raising_side], identified: true",
            "meeting_minutes can only be made on: meeting_held",
        ),
        (
            "on: resolved, document: referral, to: [raising_side], identified: true",
            "referral can only be made on: stage_entered",
        ),
    ],
)
def test_a_document_stands_in_no_notice_that_could_not_fill_it(words: str, sentence: str) -> None:
    (fault,) = faults_in(told(SMALL, "  - { on: left,", and_a_notice(words)))

    assert fault.sentence.endswith(sentence)


def test_a_document_that_nobody_can_have_is_a_warning() -> None:
    named = told(SMALL, "internal:", "document_titles: { notice_to_board: Note, board_proforma: Form }\ninternal:")
    never = "  - { on: stage_entered, stages: [two], document: notice_to_board, to: [business_unit], identified: false, source: *n }\n"
    proforma = never.replace("notice_to_board", "board_proforma")

    assert warned(named) == []
    assert warned(told(named, never, proforma)) == [
        "no notice makes a notice_to_board, so nobody ever has this document"
    ]


def test_a_side_that_takes_it_on_or_closes_it_and_is_asked_nothing_is_a_warning() -> None:
    step = "          - { title: Why, asked: step_up, sides: [raising], questions: [problem] }\n"
    end = "          - { title: End, asked: outcome, sides: [raising], questions: [problem] }\n"
    groups = "          - { title: The problem, asked: opening, questions: [problem, where, which] }\n"
    text = told(SMALL, groups, groups + step + end)

    assert warned(text) == ["the responding side can close this stage, and is not asked what others are"]
    assert warned(told(text, "number: 1\n", "number: 1\n        steps_up: any_side\n")) == [
        "the responding side can close this stage, and is not asked what others are",
        "the responding side can take it on from this stage, and is not asked what others are",
    ]


def test_a_warning_is_printed_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.yaml"
    text = told(SMALL, "words: two days", "words: soon")
    file.write_text(text, "utf-8")

    assert _run("check", str(file)) == 0

    line = line_of(text, "words: soon")
    said = capsys.readouterr().out
    assert f"Worth a second look:\n  - line {line}: routes 1, stages 1, clocks 1, source, words: these words" in said


def test_two_stages_alike_are_a_warning_unless_it_is_meant() -> None:
    second = SMALL[SMALL.index("      - id: two\n") : SMALL.index("notices:\n")]
    first = SMALL[SMALL.index("      - id: one\n") : SMALL.index("      - id: two\n")]
    copy = first.replace("id: one", "id: two").replace("name: First", "name: Second").replace("number: 1", "number: 2")
    twin = SMALL.replace(second, copy)

    alike = [each for each in warned(twin) if "alike" in each]
    meant = [each for each in warned(twin.replace("number: 2", "number: 2\n        same_as: one")) if "alike" in each]

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

    assert warned(with_own) == []
    (warning,) = warned(without)
    assert warning.startswith("route “Another” has no categories of its own")
