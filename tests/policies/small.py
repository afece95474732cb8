"""A small policy of an invented Board, and copies of it with one thing changed."""

from __future__ import annotations

from forms_app.domain.policy import Policy
from forms_app.policies.reader import Fault, PolicyFaults, policy_file_from_bytes

SMALL = """\
id: small
version: 2026-01
title: A small policy
short_title: Small
dated: January 2026
nation: england-and-wales
concern_shapes: []
categories:
  - { id: need, title: Need }
subjects: [child]
internal: { permitted: false, signpost: Ask your manager., source: { section: "1", words: inside } }
danger: { steps: [Call 999.], source: { decided: The text is silent. } }
levels:
  - { id: practitioner, title: Practitioner }
  - { id: executive, title: Director }
agency_kinds:
  - { id: school, title: School }
equivalents:
  - { agency_kind: school, titles: { executive: Head teacher }, source: { section: "4", words: head teacher } }
outcomes:
  - { id: agreed, title: Agreed }
priorities:
  - { id: high, title: High }
questions:
  - { id: problem, label: What is the problem?, source: { section: "2", words: the problem } }
  - id: where
    label: Where?
    kind: choice
    options: [{ id: home, title: At home }, { id: school, title: At school }]
    identifies: false
    on_proforma: true
    source: { section: "2", words: where }
  - { id: which, label: Which?, only_if: { question: where, is_one_of: [school] }, source: { section: "2", words: which } }
routes:
  - id: main
    title: The ladder
    description: For everything.
    source: { section: "3", words: the ladder }
    after: { kind: ends_here, title: The end, source: { section: "3", words: the end } }
    caps:
      - id: week
        title: A week
        stages: [one]
        limit: { unit: working_weeks, amount: 1 }
        starts: opened
        source: { section: "3", words: one week }
    stages:
      - id: one
        name: First
        number: 1
        summary: Talk.
        source: { section: "3.1", words: talk }
        actors:
          - { side: raising, level: practitioner }
          - { side: responding, level: practitioner }
        clocks:
          - id: talk
            side: all
            level: practitioner
            does: Talk
            limit: { unit: working_days, amount: 2 }
            starts: stage_entered
            stops: outcome_recorded
            source: { section: "3.1", words: two days }
        groups:
          - { title: The problem, asked: opening, questions: [problem, where, which] }
        closing: { who: all_sides, outcomes: [agreed], source: { section: "3.1", words: agree } }
        skip: { rule: never, source: { section: "3.1", words: never } }
        guidance:
          - { text: Talk first., source: { section: "3.1", words: talk } }
      - id: two
        name: Second
        number: 2
        summary: Decide.
        source: { section: "3.2", words: decide }
        actors:
          - { side: raising, level: executive }
          - { side: board, level: executive }
        clocks:
          - id: decide
            side: board
            does: Decide
            limit: { unit: by_priority, priorities: { high: { unit: hours, amount: 24 } } }
            starts: stage_entered
            stops: outcome_recorded
            source: { section: "3.2", words: a day }
        groups:
          - { title: The problem, asked: account, sides: [board], questions: [problem] }
        closing: { who: arbiter, outcomes: [agreed], source: { section: "3.2", words: decide } }
        skip: { rule: never, source: { section: "3.2", words: never } }
        guidance:
          - { text: Decide soon., source: { section: "3.2", words: decide } }
notices:
  - { on: opened, document: written_account, to: [raising_side], identified: true, source: &n { section: "5", words: told } }
  - { on: account_filed, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: outcome_proposed, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: outcome_answered, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: stage_entered, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: left, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: resolved, document: written_confirmation, to: [raising_side], identified: true, source: *n }
  - { on: meeting_called, document: meeting_invitation, to: [raising_side], identified: true, source: *n }
  - { on: meeting_held, document: meeting_minutes, to: [raising_side], identified: true, source: *n }
  - { on: entry_made, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: followed_up, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: gone_quiet, document: stage_record, to: [raising_side], identified: true, source: *n }
  - { on: stage_entered, stages: [two], document: notice_to_board, to: [business_unit], identified: false, source: *n }
pattern: { count: 3, months: 6, opens: two, source: { section: "6", words: three in six months } }
source: { section: "1", words: the text }
sight:
  - { side: board, sees: everything, source: { decided: The text is silent. } }
"""


def changed(old: str, new: str) -> str:
    """The small policy with one place changed; the place must be there, and only once."""
    assert SMALL.count(old) == 1, f"{old!r} stands {SMALL.count(old)} times in the small policy"
    return SMALL.replace(old, new)


def line_of(text: str, words: str) -> int:
    """The line on which the first of these words stands."""
    return text[: text.index(words)].count("\n") + 1


def read(text: str) -> Policy:
    return policy_file_from_bytes(text.encode(), name="small.yaml").policy


def faults_in(text: str) -> tuple[Fault, ...]:
    try:
        read(text)
    except PolicyFaults as found:
        return found.faults
    return ()
