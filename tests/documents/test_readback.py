"""The reading back finds any difference, and only a difference."""

from __future__ import annotations

import re
from enum import Enum

import pytest
from pydantic import BaseModel

from forms_app.documents import pdf, word
from forms_app.documents.catalogue import KINDS
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.readback import Block, Line, Reader, compare, page_lines, pdf_pages, word_blocks
from forms_app.documents.wording import folded, said, shown
from tests.documents.examples import PLAIN


def changed(value: object, number: list[int]) -> object:
    """The same value with the text of that number altered by one letter."""
    if isinstance(value, BaseModel):
        return value.model_copy(
            update={name: changed(getattr(value, name), number) for name in type(value).model_fields}
        )
    if isinstance(value, tuple):
        return tuple(changed(item, number) for item in value)
    if isinstance(value, Enum):
        return value
    number[0] -= 1
    return f"{value}x" if number[0] == 0 and isinstance(value, str) else value


def a_reader(*pages: list[tuple[str, str]]) -> Reader:
    """Pages of lines, each an x and a text; the foot is added."""
    feet = [[("9", "A-1"), ("99", f"Page {number} of {len(pages)}")] for number in range(1, len(pages) + 1)]
    return Reader(
        [[Line(x.encode(), text) for x, text in [*lines, *foot]] for lines, foot in zip(pages, feet, strict=True)],
        reference="A-1",
    )


@pytest.mark.parametrize("code", KINDS)
def test_every_text_that_differs_by_one_letter_is_found_with_its_place(code: str) -> None:
    context, blocks = PLAIN[code], word_blocks(word.make(KINDS[code], PLAIN[code]))
    places = [text.place for text in said(context)]

    for number, place in enumerate(places, start=1):
        other = changed(context, [number])
        assert isinstance(other, Value)
        with pytest.raises(DocumentFault, match=f"does not say what was recorded: {re.escape(place)} is missing"):
            compare(other, blocks, where="The Word file")


def test_the_pdf_of_another_context_is_found() -> None:
    kind, context = KINDS["notice_to_board"], PLAIN["notice_to_board"]
    other = context.model_copy(update={"reason": "Another reason."})

    with pytest.raises(DocumentFault):
        pdf.proved(kind, other, pdf.filled(kind, context))


def test_a_line_ends_a_word_or_breaks_it() -> None:
    a_reader([("1", "one two"), ("1", "three Llan"), ("1", "fair")]).read([Block(("one two three Llanfair",))])


@pytest.mark.parametrize(
    "lines",
    [
        [("1", "one two")],
        [("1", "one two thre")],
        [("1", "one twothree")],
        [("1", "one two three four")],
        [("1", "one two three"), ("1", "four")],
        [("1", "two three"), ("1", "one")],
        [("1", "one  two three")],
    ],
)
def test_any_other_print_is_found(lines: list[tuple[str, str]]) -> None:
    with pytest.raises(DocumentFault):
        a_reader(lines).read([Block(("one two three",))])


def test_a_paragraph_goes_on_on_the_next_page() -> None:
    a_reader([("1", "one")], [("1", "two"), ("1", "three")]).read([Block(("one two",)), Block(("three",))])


def test_another_page_is_found() -> None:
    with pytest.raises(DocumentFault, match="says more"):
        a_reader([("1", "one")], [("1", "two")]).read([Block(("one",))])


def test_a_row_goes_on_on_the_next_page_under_its_header() -> None:
    header = ("What", "Who")
    a_reader(
        [("1", "What"), ("5", "Who"), ("1", "visit the"), ("5", "Wren")],
        [("1", "What"), ("5", "Who"), ("1", "home"), ("5", "Ashdown"), ("1", "write"), ("5", "Idris")],
    ).read(
        [Block(header, header), Block(("visit the home", "Wren Ashdown"), header), Block(("write", "Idris"), header)]
    )


def test_a_row_goes_on_without_a_header_when_there_is_no_room_for_one() -> None:
    a_reader([("1", "visit the"), ("5", "Wren")], [("1", "home")]).read(
        [Block(("visit the home", "Wren"), ("What", "Who"))]
    )


def test_cells_that_begin_alike_are_kept_apart_by_their_column() -> None:
    a_reader([("1", "a"), ("5", "b"), ("9", "c")], [("1", "b c")]).read([Block(("a b c", "b", "c"))])


@pytest.mark.parametrize("foot", ["A-2", "Page 2 of 1"])
def test_a_wrong_foot_is_found(foot: str) -> None:
    texts = ["A-1", "Page 1 of 1"]
    texts["Page" in foot] = foot

    with pytest.raises(DocumentFault, match="foot of page 1"):
        Reader([[Line(b"1", text) for text in texts]], reference="A-1")


def test_text_drawn_in_an_unknown_way_is_a_fault() -> None:
    with pytest.raises(DocumentFault, match="cannot be read back"):
        list(page_lines(b"BT\n(hidden) Tj\nET", {}))


def test_a_glyph_without_a_text_never_reads_as_one() -> None:
    assert list(page_lines(b"BT\n/A 10 Tf\n[<0001>0<0002>0] TJ\nET", {b"A": {b"0001": "a"}})) == [Line(b"", "a\uffff")]


def test_text_outside_paragraphs_is_a_fault() -> None:
    kind, context = KINDS["notice_to_board"], PLAIN["notice_to_board"]
    source = pdf.filled(kind, context)

    with pytest.raises(DocumentFault, match="outside a paragraph"):
        pdf.proved(kind, context, source.replace("</h1>", "</h1><div>Loose</div>"))


def test_a_pdf_is_read_page_by_page() -> None:
    pages = pdf_pages(pdf.make(KINDS["written_confirmation"], PLAIN["written_confirmation"]))

    assert [lines[-1].text for lines in pages] == ["Page 1 of 2", "Page 2 of 2"]
    assert pages[0][0].text == "Brackenshire Safeguarding Children Partnership"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  one\t\ttwo\n\nthree\u00a0four ", "one two three four"),
        ("e\u0301", "é"),
        ("co\u00adoperate a\u200bb", "cooperate ab"),
        ("ı\u0300 ȷ\u0303 ı", "ì j̃ ı"),
        ("👍🏽 ❤️", "👍 ❤"),
    ],
)
def test_texts_are_folded_to_what_a_reader_sees(typed: str, read: str) -> None:
    assert folded(typed) == read


@pytest.mark.parametrize("nothing", ["", " ", "\n\t", "\u200b", "\u00a0"])
def test_nothing_is_shown_as_not_answered(nothing: str) -> None:
    assert shown(nothing) == "Not answered"
