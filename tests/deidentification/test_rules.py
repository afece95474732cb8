"""What each rule finds with no record to go by, and what it leaves alone."""

from __future__ import annotations

from random import Random

import pytest

from forms_app.deidentification.scan import scan
from tests.deidentification.families import nhs_number, upn

FOUND = {
    "date": ("on 04/03/2019", "on 4-3-19", "on 2019-03-04", "on 4 March 2019", "on 4th of March 2019", "on March 4 2019", "on 4.3.19"),
    "postcode": ("at BN25 1AB", "at bn251ab", "at SW1A 2AA", "at M1 1AE"),
    "outward_postcode": ("in BN25 alone", "in CF10 alone"),
    "telephone": ("ring 01632 960001", "ring 07700 900123", "ring +44 7700 900123", "ring (01632) 960 001"),
    "email": ("write to a.b@mail.example", "write to a.b (at) mail.example"),
    "url": ("see https://mail.example/a?b", "see www.mail.example", "see friends.com"),
    "handle": ("found as @kay_21", "on Snapchat as kay.21", "known there as kay_k21"),
    "nino": ("number QQ 12 34 56 C", "number QQ123456C"),
    "plate": ("a car AB12 CDE", "a car ab12cde", "a car K123 LMN"),
    "case_number": ("crime number 47260", "ref: CR/22917/26", "under ZC26C00319"),
    "street": ("at 14 Harbour Lane", "on High Street", "in Flat 2, 9 Anchor Court", "at 14 harbour lane", "in Ffordd y Bryn"),
    "school_form": ("at St Mary’s Primary", "at Thornley Academy", "at Bluebell Nursery", "at Ysgol Bryn Taf", "at Kingsmead College"),
    "surgery": ("at Wharf Surgery", "at Elm Tree Medical Centre", "in Calder Royal Infirmary"),
    "initials": ("about OM today", "about O.M. today", "about Baby M today", "that S was seen"),
    "age": (
        "a boy aged 7", "a 7-year-old", "a girl, 7 yrs", "a baby six months old", "who is 14 weeks pregnant", "a seven-year-old",
        "he turned eight",
        "she is six and cannot read", "in Year 3", "in yr4", "in yr 4",
    ),
    "kin": ("so mum Tracey came", "and her brother Kai came", "then Nan Edie came", "and a cousin called Levi came"),
    "title": ("as Mrs Pell said", "as Dr Okafor said", "as PC Rook said", "as mr pell said", "as Nurse Okoro said"),
    "capital": ("the people of Whitby know", "as Priyanka said", "as OTTILIE said"),
}  # fmt: skip
CLEAN = (
    "within 5 working days", "at stage 2 of 4", "under section 47", "in March 2027", "after 24 hours", "twenty weeks later", "in 2025/26",
    "17 of the 23 actions", "It cost £1,250,000.", "at 10.30 on Monday", "The meeting was 6 months late.", "two of the three agencies",
    "the Children Act 1989", "the Early Help team and the MASH", "a Child Protection Plan", "the Family Court", "the local primary school",
    "the head teacher of the school", "a GP and a health visitor", "the mother and her child", "a two-week plan", "by 50% in a year",
    "Nobody knew.", "I agree.", "A plan is needed.", "May we ask?", "In March the plan ended.",
)  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in FOUND.items() for text in texts])
def test_what_a_rule_looks_for_is_found(rule: str, text: str) -> None:
    findings = scan({"": f"They were {text}."}, ())

    assert rule in {each.rule for each in findings}
    assert all(each.why.endswith(".") for each in findings)


@pytest.mark.parametrize("text", CLEAN)
def test_ordinary_words_and_numbers_are_left_alone(text: str) -> None:
    assert [(each.text, each.rule) for each in scan({"": text}, ())] == []


@pytest.mark.parametrize("layout", ["{0} {1} {2}", "{0}{1}{2}", "{0}-{1}-{2}"])
def test_an_nhs_number_is_certain_when_its_check_digit_is_right(layout: str) -> None:
    for seed in range(50):
        number = nhs_number(Random(seed))
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        (right,) = scan({"": f"It is {layout.format(*number.split())}."}, ())
        (other,) = scan({"": f"It is {layout.format(*wrong.split())}."}, ())

        assert (right.rule, right.certain) == ("nhs_number", True)
        assert (other.rule, other.certain) != ("nhs_number", True)


def test_a_pupil_number_is_certain_when_its_letter_is_right() -> None:
    for seed in range(50):
        number = upn(Random(seed))
        wrong = ("B" if number[0] == "A" else "A") + number[1:]

        assert [(each.rule, each.certain) for each in scan({"": f"It is {number}."}, ())] == [("upn", True)]
        assert [(each.rule, each.certain) for each in scan({"": f"It is {wrong}."}, ())] == [("upn", False)]


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("a boy aged 7", "a child of primary-school age"),
        ("a girl aged 3", "a child under five"),
        ("a 9 month old", "a baby"),
        ("a 16-year-old", "a young person of 16 or 17"),
        ("who is 12 weeks pregnant", "pregnant"),
        ("on 3 May 2026", "spring 2026"),
        ("on 24/12/2026", "winter 2026"),
        ("with her brother Kai", "a sibling"),
        ("with mum Tracey", "a parent"),
        ("in BN25 1AB", "the area"),
        ("as Dr Okafor said", "a professional"),
    ],
)
def test_words_that_say_less_are_offered(text: str, instead: str) -> None:
    assert [each.suggestion for each in scan({"": f"This was {text}."}, ())] == [instead]
