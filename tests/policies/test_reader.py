"""A policy file is read, or everything that is wrong in it is said, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms_app.domain.policy import Citation, Decision
from forms_app.policies.reader import MOST_BYTES, PolicyFaults, read_policy
from tests.policies.small import SMALL, changed, faults_in, line_of, read


def test_a_file_without_faults_becomes_a_policy() -> None:
    policy = read(SMALL)

    assert policy.key == "small@2026-01"
    assert [stage.id for stage in policy.main.stages] == ["one", "two"]
    assert isinstance(policy.source, Citation)
    assert isinstance(policy.danger.source, Decision)


def test_a_repeated_part_may_be_shared_inside_a_file() -> None:
    assert {notice.source for notice in read(SMALL).notices} == {Citation(section="5", words="told")}


def test_folded_text_comes_out_as_it_was_meant() -> None:
    text = changed("summary: Talk.\n", "summary: >-\n          Talk to\n          each other.\n")

    assert read(text).main.stages[0].summary == "Talk to each other."


# --- the file itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "line", "sentence"),
    [
        (b"", 1, "the file is empty"),
        (b" \n\n", 1, "the file is empty"),
        (b"# nothing yet\n", 1, "the file says nothing: there are only comments in it"),
        (b"- a\n- b\n", 1, "a policy file starts with names such as"),
        (b"just a sentence", 1, "a policy file starts with names such as"),
        (b"id: small\ntitle: \xff\n", 2, "the file is not in UTF-8 from here on"),
        (b"id: [small\n", 2, "the file cannot be read as YAML"),
        (b"id: small\n\ttitle: x\n", 2, "the file cannot be read as YAML"),
        (b"id: *nothing\n", 1, "found undefined alias"),
        (b"--- {}\n--- {}\n", 2, "expected a single document"),
        (b"[" * 5000, 1, "too deep inside each other"),
        (b"id: small\ntitle: a\x07b\n", 2, "a character stands here that no text may hold"),
        (b'id: small\ntitle: "\\0"\n', 2, "a character stands in here that cannot be printed"),
        (b'id: small\ntitle: "\\ud800"\n', 2, "a character stands in here that cannot be printed"),
        (b"id: !secret small\n", 1, "leave out the tag"),
        (b"? [a, b]\n: c\n", 1, "a name must be one plain word"),
        (b"id: a\ntitle: b\nid: c\n", 3, "“id” stands here twice (first on line 1)"),
        (b"a: &a\n  b: *a\n", 1, "repeated parts"),
        (b"id: " + b"x" * MOST_BYTES, 1, "the file is larger than"),
    ],
)
def test_a_file_that_is_no_policy_is_told_so_in_a_sentence(
    written: bytes, line: int, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(written)

    with pytest.raises(PolicyFaults) as found:
        read_policy(file)

    fault = found.value.faults[0]
    assert sentence in fault.sentence
    assert fault.line == line
    assert fault.column >= 1
    assert str(file) in str(found.value)


def test_a_missing_file_and_a_folder_are_told_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyFaults, match="there is no such file"):
        read_policy(tmp_path / "none.yaml")
    with pytest.raises(PolicyFaults, match="this is a folder"):
        read_policy(tmp_path)


def test_repeats_of_repeats_are_refused_before_they_fill_the_memory() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"

    (fault,) = faults_in(text)

    assert "far larger than a policy is" in fault.sentence


# --- one part ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ("amount: 2 }", "amont: 2 }", "limit, amont", "“amont” is not known here; did you mean “amount”?"),
        ("amount: 2 }", "amount: two }", "limit, amount", "a whole number must stand here"),
        ("amount: 2 }", "amount: 2.5 }", "limit, amount", "a whole number must stand here"),
        ("unit: working_days", "unit: workingdays", "limit, unit", "did you mean “working_days”?"),
        ("side: all\n", "side: rising\n", "clocks 1, side", "did you mean “raising”?"),
        ("permitted: false", "permitted: maybe", "internal, permitted", "write true or false"),
        ("title: A small policy", "title: 5", "title", 'put it in quotes, because words are meant here and not a number: "5"'),
        ("title: A small policy", "title: [A]", "title", "some words must stand here"),
        ("title: A small policy", 'title: " "', "title", "some words must stand here"),
        ("title: A small policy", "title: " + "x" * 4001, "title", "this is longer than 4000 characters"),
        ("dated: January 2026\n", "", "dated", "“dated” is missing"),
        ("version: 2026-01", "version: January", "version", "a date such as 2026, 2026-03 or 2026-03-31"),
        ("id: small", "id: Small", "id", "small letters, digits"),
        ("nation: england-and-wales", "nation: england-and-wale", "nation", "did you mean “england-and-wales”?"),
        ("subjects: [child]", "subjects: child", "subjects", "a list must stand here"),
        ("subjects: [child]", "subjects: []", "subjects", "at least one must stand here"),
        ("subjects: [child]", "subjects: [chld]", "subjects 1", "did you mean “child”?"),
        ("words: talk }\n        actors", "wrods: talk }\n        actors", "source, wrods", "did you mean “words”?"),
        ("source: { section: \"1\", words: the text }", "source: the text", "source", "say where this comes from"),
        ("source: { section: \"1\", words: the text }", "", "source", "say where this comes from"),
        ("words: the text }", "decided: we }", "source", "either section and words, or decided, not both"),
        ("section: \"1\", words: the text", "section: \"1\"", "source", "a source needs its words too"),
        ("section: \"1\", words: the text", "section: 1.1, words: the text", "source, section", "put it in quotes"),
        ("words: the text }", "words: the, text }", "source, text", "“text” is not known here"),
        ("words: the text }", "words: the, whole text }", "source, whole text", "put the whole in quotes: a comma ends it"),
        (
            "internal:",
            "contacts: [{ name: Unit, checked_on: soon, source: { decided: x } }]\ninternal:",
            "contacts 1, checked_on",
            "a date must stand here, such as 2026-03-31",
        ),
        (
            "internal:",
            "links: [{ title: Web, url: example.org, source: { decided: x } }]\ninternal:",
            "links 1, url",
            "a web address that begins with https://",
        ),
        (
            "internal:",
            "document_titles: { proforma: Template }\ninternal:",
            "document_titles, proforma",
            "“proforma” cannot stand here as a name; known here: “written_account”",
        ),
    ],
)  # fmt: skip
def test_a_slip_is_told_at_its_line_with_what_was_meant(old: str, new: str, place: str, sentence: str) -> None:
    text = changed(old, new)

    faults = [fault for fault in faults_in(text) if sentence in fault.sentence]

    assert len(faults) == 1
    assert faults[0].place.endswith(place)
    near = line_of(SMALL, old)
    assert faults[0].line in ({1} if new == "" else {near, near + 1, near - 1})


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    text = (
        changed("amount: 2 }", "amont: 2 }")
        .replace("nation: england-and-wales", "nation: mars")
        .replace("who: arb", "who: ar")
    )

    faults = faults_in(text)

    assert len(faults) == 3
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_a_fault_in_a_shared_part_is_told_once() -> None:
    text = changed('&n { section: "5", words: told }', '&n { section: "5", wrds: told }')

    assert [fault.sentence for fault in faults_in(text)] == ["“wrds” is not known here; did you mean “words”?"]


def test_a_fault_reads_as_a_line_a_place_and_a_sentence() -> None:
    (fault,) = faults_in(changed("unit: working_days, amount: 2", "unit: working_days, amount: 2, amont: 2"))

    assert str(fault) == (
        f"line {fault.line}: routes 1, stages 1, clocks 1, limit, amont: “amont” is not known here; did you mean “amount”?"
    )
    assert SMALL.splitlines()[fault.line - 1].strip().startswith("limit:")


# --- the parts together ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("unit: working_days, amount: 2", "unit: working_days", "limit: { unit: working_days", "a limit in working_days needs amount"),
        ("unit: working_days, amount: 2", "unit: stated, amount: 2", "limit: { unit: stated", "takes no amount"),
        (
            "unit: working_days, amount: 2",
            "unit: by_priority",
            "limit: { unit: by_priority }",
            "a limit by_priority names a limit for each priority",
        ),
        ("high: { unit: hours, amount: 24 }", "low: { unit: hours, amount: 24 }", "low:", "no priority is called “low”"),
        (
            "high: { unit: hours, amount: 24 }",
            "high: { unit: by_priority, priorities: { high: { unit: hours, amount: 24 } } }",
            "high: { unit",
            "a priority's limit cannot itself be by_priority",
        ),
        ("- { id: need, title: Need }", "- { id: need, title: A }\n  - { id: need, title: B }", "title: B", "named twice"),
        ("{ id: problem, label: What", "{ id: problem, kind: choice, label: What", "id: problem", "choice needs options"),
        (
            "{ id: problem, label: What",
            "{ id: problem, kind: date, begins_with: attempts, label: What",
            "id: problem",
            "only a long text can begin with what was done so far",
        ),
        ("{ id: problem, label: What", "{ id: problem, identifies: false, label: What", "id: problem", "can always identify"),
        ("    identifies: false\n", "", "- id: where", "cannot be on the proforma"),
        ("question: where", "question: wher", "only_if", "no question is called “wher”"),
        ("question: where", "question: problem", "only_if", "“problem” has no options to depend on"),
        ("is_one_of: [school]", "is_one_of: [shop]", "only_if", "“shop” is not an answer to “where”"),
        ("questions: [problem, where, which]", "questions: [problem, where]", "id: which", "“which” is never asked"),
        ("questions: [problem, where, which]", "questions: [problem, where, which, who]", "[problem, where", "called “who”"),
        ("agency_kind: school", "agency_kind: shop", "agency_kind: shop", "no agency kind is called “shop”"),
        ("titles: { executive:", "titles: { boss:", "titles: { boss", "no level is called “boss”"),
        ("- id: two\n", "- id: one\n", "name: Second", "stage “one” stands twice on this route"),
        ("number: 2", "number: 1", "stages:\n      - id: one", "do not go up one after the other"),
        ("stages: [one]\n", "stages: [first]\n", "- id: week", "no stage of this route is called “first”"),
        (
            "kind: ends_here, title",
            "kind: joins, route: main, stage: none, title",
            "after:",
            "there is no stage “none” on a route “main” to join",
        ),
        ("kind: ends_here, title", "kind: joins, title", "after:", "names its route and stage"),
        ("asked: opening,", "asked: account,", "groups:", "the first stage of a route asks nothing of the person who opens it"),
        ("- { side: raising, level: executive }", "- { side: raising, level: boss }", "level: boss", "no level is called “boss”"),
        (
            "- { side: responding, level: practitioner }",
            "- { side: responding, level: practitioner, needed: false, agency_kinds: [shop] }",
            "agency_kinds: [shop]",
            "no agency kind is called “shop”",
        ),
        (
            "- { side: responding, level: practitioner }",
            "- { side: responding, level: practitioner, agency_kinds: [school] }",
            "agency_kinds: [school]",
            "a place that only some agencies have cannot be needed",
        ),
        (
            "- { side: board, level: executive }",
            "- { side: board, level: executive, needed: false, agency_kinds: [school] }",
            "agency_kinds: [school]",
            "the Board’s side is of no kind of agency",
        ),
        (
            "    stages:\n      - id: one\n",
            "    between: [shop]\n    stages:\n      - id: one\n",
            "between",
            "no agency kind is called “shop”",
        ),
        ("level: practitioner\n", "level: boss\n", "level: boss", "no level is called “boss”"),
        ("side: board\n", "side: responding\n", "side: responding\n", "nobody of the responding side acts at this stage"),
        ("sides: [board], questions", "sides: [responding], questions", "sides: [responding]", "is asked of nobody"),
        ("who: all_sides, outcomes: [agreed]", "who: all_sides, outcomes: [won]", "[won]", "no outcome is called “won”"),
        ("who: all_sides,", "who: arbiter,", "who: arbiter", "an arbiter closes this stage, but nobody is named as one"),
        ("who: all_sides,", "who: all_sides, dissent_recorded: true,", "dissent_recorded", "only an arbiter can close"),
        (
            'skip: { rule: never, source: { section: "3.1"',
            'skip: { rule: raiser, to: [three], source: { section: "3.1"',
            "[three]",
            "no stage of this route is called “three”",
        ),
        ("stages: [two], document", "stages: [three], document", "stages: [three]", "no stage is called “three”"),
        ("stages: [two], document", "routes: [side], document", "routes: [side]", "no route is called “side”"),
        ("  - { on: left,", "  - { on: resolved,", "notices:", "no notice tells the parties of every route and stage when: left"),
        ("to: [business_unit], identified: false", "to: [business_unit], identified: true", "[business_unit]", "de-identified"),
        (
            "- { on: left, document: stage_record, to: [raising_side]",
            "- { on: left, document: stage_record, to: [chair]",
            "to: [chair]",
            "an identified document may only go to the parties",
        ),
        ("opens: two", "opens: three", "opens: three", "no stage is called “three”"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_each_other_are_told_at_their_place(old: str, new: str, at: str, sentence: str) -> None:
    text = changed(old, new)

    faults = [fault for fault in faults_in(text) if sentence in fault.sentence]

    assert len(faults) == 1, faults_in(text)
    assert abs(faults[0].line - line_of(text, at)) <= 1


def test_a_clock_that_stands_twice_is_told() -> None:
    clock = SMALL[SMALL.index("          - id: talk\n") : SMALL.index("        groups:\n")]

    faults = faults_in(SMALL.replace(clock, clock * 2))

    assert [fault.sentence for fault in faults] == ["clock “talk” stands twice at this stage"]
