"""What the scan says of one text, and that it never lets one pass unread."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.deidentification.dictionary import Identifier, Sort
from forms_app.deidentification.findings import Finding, ScanFailed
from forms_app.deidentification.folding import Folded
from forms_app.deidentification.hits import Hit
from forms_app.deidentification.scan import LONGEST, RULES, Known, scan
from tests.deidentification.families import DEVELOPMENT, families
from tests.deidentification.sets import clean, development

CHILD = Identifier("the child’s name", "Ottilie Marchbank", instead="the child")
BORN = Identifier("the child’s date of birth", "4 March 2019", Sort.BIRTH)
HOME = Identifier("the child’s address", "14 Harbour Lane, Seaford, BN25 1AB", Sort.ADDRESS)
FAMILY = Identifier("the name of one of the family", "Mother: Grace Okafor, brothers Will and Mark")


def found(text: str, *identifiers: Identifier) -> list[tuple[str, str]]:
    return [(each.text, each.rule) for each in scan({"text": text}, identifiers)]


def one(text: str, *identifiers: Identifier) -> Finding:
    (finding,) = scan({"text": text}, identifiers)
    return finding


# --- what the records hold


@pytest.mark.parametrize(
    "spelling",
    [
        "Ottilie", "OTTILIE", "ottilie", "Öttilié", "O t t i l i e", "Ot-tilie", "Otti\u200blie", "Otti\u00adlie", "Оttіlіе", "0tti1ie",
        "Ottillie", "Otilie", "Ottilei", "Ottolie", "Ottilies", "Otilies", "Ottilie\u00a0Marchbank", "Marchbank", "marchbank",
        "OttilieMarchbank", "Ottilie-Marchbank", "Ｏｔｔｉｌｉｅ",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_spelt(spelling: str) -> None:
    finding = one(f"They say that {spelling} was not there.", CHILD)

    assert (finding.text, finding.rule, finding.certain) == (spelling, "name", True)
    assert finding.why == "This looks like the child’s name."


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("17 Thistledown Passage, Beverley, HU17 8PX", "thistledown"),
        ("17 Thistledown Passage, Beverley, HU17 8PX", "hu17"),
        ("3 Pellow Fold, Beverley", "pellow"),
    ],
)
def test_a_part_of_the_address_is_found_in_small_letters(address: str, spelling: str) -> None:
    home = Identifier("the child’s address", address, Sort.ADDRESS)

    assert found(f"they stay ({spelling})", home) == [(spelling, "address")]


def test_half_a_postcode_that_is_a_section_of_an_act_needs_its_capital() -> None:
    home = Identifier("the child’s address", "9 Pellow Fold, S17 8PX", Sort.ADDRESS)

    assert found("an s17 assessment", home) == []
    assert found("an assessment in S17", home) == [("S17", "address")]


@pytest.mark.parametrize("spelling", ["o'dowds", "O’Dowd's", "o dowds", "Odowds"])
def test_a_name_in_two_parts_is_found_with_an_s(spelling: str) -> None:
    assert found(f"the {spelling} were in", Identifier("a name", "Darren O'Dowd")) == [(spelling, "name")]


def test_the_words_beside_a_misspelt_name_are_left_alone() -> None:
    text = "It is Ottilie Marchbnk is well. Ottilie Marchbank is well."

    assert found(text, CHILD) == [("Ottilie Marchbnk", "name"), ("Ottilie Marchbank", "name")]


@pytest.mark.parametrize("word", ["will", "mark", "grace"])
def test_a_name_that_is_a_word_is_only_possible_and_only_with_a_capital(word: str) -> None:
    assert found(f"We {word} that it is so.", FAMILY) == []

    finding = one(f"We told {word.title()} that it is so.", FAMILY)

    assert not finding.certain
    assert "ordinary word" in finding.why


def test_words_that_only_sound_like_a_name_are_no_finding() -> None:
    asa = Identifier("the child’s name", "Asa Carter")

    assert found("It was as a carer that the parent spoke, and the cart was there.", asa) == []


@pytest.mark.parametrize(
    "date",
    ["04/03/2019", "4-3-19", "2019-03-04", "4 March 2019", "4th of March 2019", "March 4, 2019", "4.3.19", "04032019",
     "March 2019", "4 March"],
)  # fmt: skip
def test_a_date_of_birth_is_told_from_other_dates(date: str) -> None:
    assert one(f"It says {date} there.", BORN).why == "This looks like the child’s date of birth."
    assert found(f"It says {date} there.") in ([(date, "date")], [])


@pytest.mark.parametrize(
    "text", ["14 Harbour Lane", "Harbour Lane", "harbour lane", "Habour Lane", "Seaford", "BN25 1AB", "bn251ab", "BN25"]
)
def test_every_part_of_an_address_is_found(text: str) -> None:
    assert found(f"They moved to {text} then.", HOME) == [(text, "address")]


@pytest.mark.parametrize("text", ["943 476 5919", "9434765919", "943-476-5919", "1048823", "104 8823", "22917"])
def test_every_number_of_an_answer_is_found(text: str) -> None:
    numbers = Identifier("a number", "NHS 943 476 5919, Mosaic 1048823 22917", Sort.NUMBER)

    assert found(f"They had {text} as well.", numbers) == [(text, "number")]


def test_what_stands_in_its_place_keeps_whose_it_is() -> None:
    assert one("What Ottilie’s teacher saw.", CHILD).suggestion == "the child’s"
    assert one("What Ottilie saw.", CHILD).suggestion == "the child"


def test_findings_come_in_the_order_of_the_texts() -> None:
    findings = scan({"b": "Ottilie and a boy aged 7.", "a": "Ottilie."}, [CHILD])

    assert [(each.field, each.start, each.rule) for each in findings] == [
        ("b", 0, "name"),
        ("b", 18, "age"),
        ("a", 0, "name"),
    ]


def test_the_text_of_a_finding_prints_nowhere() -> None:
    assert "Ottilie" not in repr(one("Ottilie", CHILD)) + repr(CHILD)


# --- a text that was not read does not leave


def broken(folded: Folded, known: Known) -> Iterator[Hit]:
    raise RuntimeError(f"broken at {folded.text}")


def test_any_fault_of_the_scan_is_a_failure_without_the_text() -> None:
    with pytest.raises(ScanFailed) as failed:
        scan({"text": "Ottilie"}, [CHILD], [*RULES, broken])

    assert "Ottilie" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_a_text_that_is_too_long_is_not_read_at_all() -> None:
    with pytest.raises(ScanFailed):
        scan({"a": "x" * LONGEST, "b": "x"}, [])


@given(st.text(max_size=300), st.text(max_size=60), st.sampled_from(Sort))
def test_no_text_and_no_identifier_breaks_it(text: str, known: str, sort: Sort) -> None:
    for finding in scan({"text": text}, [Identifier("anything", known, sort), CHILD]):
        assert finding.text == text[finding.start : finding.end] != ""


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_name_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before}\n\n Ottilie Marchbank \n\n{after}"
    start = len(before) + 3

    assert any(each.start <= start and each.end >= start + 17 for each in scan({"text": text}, [CHILD]))


# --- how long it takes

HOSTILE = {
    "one letter": "a",
    "one capital": "A",
    "digits": "1",
    "digits apart": "1 ",
    "dots": "A.",
    "initials": "A. ",
    "names": "Aa ",
    "hyphens": "a-",
    "hyphenated": "Aa-",
    "marks": "-",
    "spaces": " ",
    "lines": "\n",
    "no ink": "\u200b",
    "signs": "a@",
    "hosts": "a.",
    "addresses": "www.",
    "pages": "http://",
    "telephones": "07700 900 ",
    "codes": "+44 ",
    "brackets": "(",
    "of": "Aa of ",
    "flats": "Flat 3, ",
    "streets": "12 a b c ",
    "mothers": "mother ",
    "months": "March 4 ",
    "days": "1/1/",
    "accents": "a\u0301",
    "titles": "Mr A ",
    "apostrophes": chr(39) + "s",
    "handles": "x1_.",
    "roads": "The A ",
    "Greek": "\u0391\u03b1 ",
    "ages": "aged ",
    "she": "she is ",
    "half a name": "otti li ",
    "cases": "ref 12",
    "slashes": "CR/1",
    "emoji": "\U0001f600",
    "links": "St of the ",
    "quotes": "\u201c",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(piece: str, release: bool) -> None:
    characters = 100_000 if release else 20_000
    began = time.process_time()

    scan({"text": (piece * characters)[:characters]}, [CHILD, BORN, HOME, FAMILY])

    assert time.process_time() - began < characters / 5_000


@pytest.mark.parametrize("piece", ["a", "a ", "ab-", "1", "Aa\n", "A, "])
@pytest.mark.parametrize("sort", Sort)
def test_no_record_takes_long(piece: str, sort: Sort) -> None:
    much = (piece * 5_000)[:5_000]
    began = time.process_time()

    scan({"text": much}, [Identifier("anything", much, sort)])

    assert time.process_time() - began < 5


def test_four_short_texts_against_sixty_identifiers_take_half_a_second() -> None:
    identifiers = list(dict.fromkeys(each for family, _ in families(DEVELOPMENT, 3, 8) for each in family.identifiers))
    prose = " ".join(each.text for each in (*clean("development"), *development()))
    texts = {str(number): prose[number * 1500 : (number + 1) * 1500] for number in range(4)}
    scan({"": "once, to load the words"}, ())
    began = time.process_time()

    assert len(scan(texts, identifiers[:60])) > 50

    assert time.process_time() - began < 0.5
