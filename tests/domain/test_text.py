"""The input gate: what comes through is what is stored and printed, and what cannot be kept is refused, at its place."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.errors import UnfitText
from forms_app.domain.text import LINES, LONG, SHORT, gate

ANYTHING = st.text(alphabet=st.characters(), max_size=60)
TROUBLE = st.text(
    alphabet="a e\u0301\u00e9\r\n\t\x0b\x0c\x00\x07\x85\ud800\ufffd\ufffe\ufeff\u200b\u1112\u1161\u11ab😀\u2028",
    max_size=30,
)


def refused(text: str, limit: int = LONG, lines: int = LINES) -> str:
    with pytest.raises(UnfitText) as found:
        gate(text, limit=limit, lines=lines)
    return str(found.value)


# --- what comes through ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("seen <2 hrs & no home> visit", "seen <2 hrs & no home> visit"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("a break\x0bof Word", "a break\nof Word"),
        ("a break\u2028of the web", "a break\nof the web"),
        ("a page\x0cof Word", "a page\nof Word"),
        ("Zoe\u0308", "Zoë"),
        ("a\ttab", "a\ttab"),
        ("عائشة 😀 Ŵyn Nguyễn", "عائشة 😀 Ŵyn Nguyễn"),
        ("zero\u200bwidth and a \u00adsoft hyphen", "zero\u200bwidth and a \u00adsoft hyphen"),
        ("=SUM(A1)", "=SUM(A1)"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ("  spaces stay  ", "  spaces stay  "),
        ("", ""),
    ],
)
def test_what_people_type_and_paste_is_kept(typed: str, kept: str) -> None:
    assert gate(typed, limit=LONG) == kept


@given(st.one_of(ANYTHING, TROUBLE))
def test_what_came_through_once_comes_through_again_unchanged(text: str) -> None:
    try:
        once = gate(text, limit=LONG)
    except UnfitText:
        return

    assert gate(once, limit=LONG) == once


@given(st.one_of(ANYTHING, TROUBLE))
def test_nothing_comes_through_that_a_document_or_a_database_cannot_hold(text: str) -> None:
    try:
        kept = gate(text, limit=LONG)
    except UnfitText:
        return

    assert kept.encode("utf-8").decode("utf-8") == kept
    assert kept == unicodedata.normalize("NFC", kept)
    assert not {character for character in kept if unicodedata.category(character) == "Cc"} - {"\n", "\t"}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60))
def test_what_has_only_letters_marks_and_signs_is_never_stripped(text: str) -> None:
    assert gate(text.replace("\ufffd", ""), limit=LONG) == unicodedata.normalize("NFC", text.replace("\ufffd", ""))


# --- what does not ---


@pytest.mark.parametrize(
    "character",
    [
        pytest.param(chr(point), id=f"U+{point:04X}")
        for point in (0x00, 0x07, 0x08, 0x1B, 0x7F, 0x85, 0x9F, 0xD800, 0xDFFF, 0xFFFD, 0xFFFE, 0xFFFF, 0xFDD0, 0x1FFFE)
    ],
)
def test_what_cannot_be_kept_is_refused_and_its_place_is_said(character: str) -> None:
    sentence = refused(f"First line.\nThe visit on Monday{character} was missed.")

    assert sentence == "In line 2, after “Monday”, there is a character that cannot be kept. Delete it and try again."


def test_at_the_very_beginning_there_is_no_word_before_it() -> None:
    assert refused("\x07Monday") == "At the start there is a character that cannot be kept. Delete it and try again."
    assert refused("One.\n\x07Monday").startswith("In line 2 there is a character")


def test_the_place_is_counted_in_the_lines_that_the_person_sees() -> None:
    assert refused("one\r\ntwo\x0bthree \x00").startswith("In line 3, after “three”,")


@pytest.mark.parametrize("limit", [1, SHORT, LONG])
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(limit: int) -> None:
    assert gate("a" * limit, limit=limit) == "a" * limit
    assert refused("a" * (limit + 1), limit) == f"This must be {limit:,} characters or fewer. It has {limit + 1:,}."


def test_the_limit_counts_what_is_kept_and_not_what_was_typed() -> None:
    assert gate("e\u0301" * 10, limit=10) == "é" * 10
    assert gate("\r\n" * 5, limit=5) == "\n" * 5


def test_a_text_may_have_as_many_lines_as_allowed_and_no_more() -> None:
    assert gate("\n" * (LINES - 1), limit=LONG).count("\n") == LINES - 1
    assert refused("\n" * LINES) == f"This must be {LINES:,} lines or fewer. It has {LINES + 1:,}."


def test_a_character_that_cannot_be_printed_is_named_at_its_place() -> None:
    with pytest.raises(UnfitText) as found:
        gate("First.\nA hat 𓀀 here", limit=LONG, unprintable=lambda text: "𓀀" if "𓀀" in text else None)

    assert str(found.value) == "In line 2, after “hat”, the character “𓀀” cannot be printed. Write it in Latin letters."


@pytest.mark.parametrize(
    ("character", "said"),
    [
        ("王", "the character “王” cannot be printed. Write it in Latin letters."),
        ("⻱", "the character “⻱” cannot be printed. Write it in another way."),
        (
            "\u0301",
            "an accent (combining acute accent) stands under no letter. Delete it, or write the letter that it belongs to.",
        ),
        (
            "\u202e",
            "there is a character that cannot be seen (right-to-left override), and cannot be printed. Delete it.",
        ),
        ("\ue000", "there is a character that cannot be seen (U+E000), and cannot be printed. Delete it."),
    ],
)
def test_whoever_typed_it_is_told_what_to_do(character: str, said: str) -> None:
    with pytest.raises(UnfitText) as found:
        gate(f"Seen {character}", limit=LONG, unprintable=lambda _: character)

    assert str(found.value) == f"In line 1, after “Seen”, {said}"


@pytest.mark.parametrize("picture", ["\U0001fa77", "\U0001faea"])
def test_a_picture_that_is_newer_than_our_tables_is_kept(picture: str) -> None:
    assert gate(f"Seen {picture}", limit=LONG) == f"Seen {picture}"
