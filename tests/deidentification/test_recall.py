"""How much the scan finds of what it has never seen, as docs/deidentification.md says it."""

from __future__ import annotations

import re
from collections import defaultdict
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
KINDS = {
    "name": "Names in the records",
    **dict.fromkeys(("unlisted", "kin", "title"), "Names that are not, relatives, titles"),
    "initials": "Initials",
    **dict.fromkeys(("address", "postcode", "outward", "street", "place"), "Addresses, postcodes, streets, towns"),
    **dict.fromkeys(("school", "school_form"), "Schools, nurseries and colleges"),
    **dict.fromkeys(("practice", "surgery"), "GPs, practices and hospitals"),
    **dict.fromkeys(("agency", "role"), "Agencies and posts"),
    **dict.fromkeys(("birth", "date"), "Dates of birth and other dates"),
    "age": "Ages",
    **dict.fromkeys(
        ("number", "nhs_number", "upn", "nino", "plate", "case_number"), "Numbers of people, cases and cars"
    ),
    **dict.fromkeys(("contact", "telephone", "email", "handle", "url"), "Telephones, email, names online, pages"),
    "reference": "The reference",
    INDIRECT: "Descriptions without a name",
}
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


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_less_is_found_when_a_rule_is_taken_away(rule: Rule) -> None:
    without = [each for each in RULES if each is not rule]

    assert named(unseen_by_hand(), without) < measured("Sentences written by hand") - 0.001


def test_as_much_of_each_kind_is_found_as_the_document_says() -> None:
    found = defaultdict(list)
    for each in (*verdicts(unseen_families()), *verdicts(unseen_by_hand())):
        found[KINDS[each.kind]].append(each)
    rows = [f"| {kind} | {len(found[kind])} | {recall(found[kind]):.1%} |" for kind in dict.fromkeys(KINDS.values())]

    assert [row for row in rows if row not in DOCUMENT] == []


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


def examples() -> list[str]:
    """What the document says that the scan does not find."""
    table = DOCUMENT[DOCUMENT.index("| Kind | For example |") :].partition("\n\n")[0]
    return [row.split("|")[2].strip() for row in table.splitlines()[2:]]


@pytest.mark.parametrize("sentence", examples())
def test_what_the_document_says_is_missed_is_missed(sentence: str) -> None:
    assert scan({"": sentence}, unseen_by_hand()[0].identifiers) == ()
