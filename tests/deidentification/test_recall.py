"""How much the scan finds of what it has never seen, as docs/deidentification.md says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

import pytest

from forms_app.deidentification.scan import RULES, Rule, scan
from tests.architecture.tree import PROJECT
from tests.deidentification.labelled import Sentence, recall, verdicts
from tests.deidentification.sets import clean, development, unseen_by_hand, unseen_families

DOCUMENT = (PROJECT / "docs" / "deidentification.md").read_text("utf-8")
INDIRECT = "indirect"
"""Descriptions by which somebody could be known, without a name or a number."""
SETS = {"Sentences about 40 invented families": unseen_families, "Sentences written by hand": unseen_by_hand}


def measured(line: str) -> float:
    """The last percentage of a line of the document's tables."""
    row = next(row for row in DOCUMENT.splitlines() if row.startswith(f"| {line} |"))
    return float(re.findall(r"([\d.]+)%", row)[-1]) / 100


def named(sentences: Sequence[Sentence], rules: Sequence[Rule] = RULES) -> float:
    return recall(each for each in verdicts(sentences, rules) if each.kind != INDIRECT)


@pytest.mark.requirement("U-40")
@pytest.mark.parametrize("line", SETS)
def test_as_much_is_found_as_the_document_says(line: str) -> None:
    found = named(SETS[line]())

    assert round(found, 3) == round(measured(line), 3), "measure again and write the new number down; it may not fall"


@pytest.mark.parametrize("line", SETS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_less_is_found_when_a_rule_is_taken_away(line: str, rule: Rule) -> None:
    without = [each for each in RULES if each is not rule]

    assert named(SETS[line](), without) < measured(line) - 0.001


def test_what_is_described_without_a_name_is_not_found_and_the_document_says_so() -> None:
    described = [each for each in verdicts(unseen_by_hand()) if each.kind == INDIRECT]

    assert described
    assert not [each.words for each in described if each.found]
    assert f"none of {len(described)}" in DOCUMENT


def test_nothing_is_found_where_nobody_is_named() -> None:
    words = sum(len(paragraph.text.split()) for paragraph in clean("unseen"))
    false = [found.text for paragraph in clean("unseen") for found in scan({"": paragraph.text}, paragraph.identifiers)]

    assert words > 1000
    assert false == []


def test_the_two_sets_have_no_sentence_in_common() -> None:
    seen = {sentence.text for sentence in development()}

    assert not seen & {sentence.text for sentence in (*unseen_families(), *unseen_by_hand())}


def test_every_finding_says_where_it_stands_and_none_covers_another() -> None:
    for sentence in islice(unseen_families(), 0, None, 7):
        findings = scan({"text": sentence.text}, sentence.identifiers)

        assert all(each.text == sentence.text[each.start : each.end] != "" for each in findings)
        assert all(one.end <= other.start for one, other in pairwise(findings))
        assert all(each.why.startswith(("This", "These", "A ")) and each.why.endswith(".") for each in findings)
