"""What was recorded is what both files say: every kind, plain, hard to print and empty."""

from __future__ import annotations

import io
import re
import subprocess

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from forms_app.documents import pdf, readback
from forms_app.documents.catalogue import KINDS
from forms_app.documents.contexts import AcknowledgementSheet, FileCopy
from forms_app.documents.issue import issue
from forms_app.documents.printed_charts import charts_of
from forms_app.documents.templates import (
    DEIDENTIFIED,
    DEIDENTIFIED_WHEN_FILLED_IN,
    IDENTIFIED,
    IDENTIFIED_ONCE_FILLED_IN,
)
from forms_app.documents.wording import folded, said
from tests.documents.examples import CONTENTS, HARD, PLAIN
from tests.documents.files import EVERY, issued


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", folded(text))


def paragraphs(document: bytes) -> list[str]:
    """By python-docx, which the service does not read with."""
    found = []
    for element in docx.Document(io.BytesIO(document)).element.body.iter(qn("w:p")):
        runs = element.iter(qn("w:t"), qn("w:br"), qn("w:tab"))
        found.append("".join((run.text or "") if run.tag == qn("w:t") else "\n" for run in runs))
    return found


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_both_files_are_issued(content: str, code: str) -> None:
    files = issued(content, code)

    assert files.docx.startswith(b"PK")
    assert files.pdf.startswith(b"%PDF-1.7")


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_another_reader_finds_every_text_in_the_word_file_in_order(content: str, code: str) -> None:
    found = iter([folded(paragraph) for paragraph in paragraphs(issued(content, code).docx)])

    missing = [text.place for text in said(CONTENTS[content][code]) if folded(text.text) not in found]

    assert missing == []


@pytest.mark.parametrize("code", KINDS)
def test_another_reader_finds_every_text_in_the_pdf_in_order(code: str) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(issued("plain", code).pdf)).pages]
    found = without_spaces("".join(page.partition("BRK-2026-0001\nPage")[0] for page in pages))

    at = 0
    for text in said(PLAIN[code]):
        at = found.find(without_spaces(text.text), at)
        assert at >= 0, text.place


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_a_third_reader_finds_every_text_in_the_pdf(content: str, code: str) -> None:
    """Poppler. A text that goes on over pages has the header of its table in between: then its parts are looked for."""
    made, context = issued(content, code).pdf, CONTENTS[content][code]
    read = subprocess.run(
        ["pdftotext", "-raw", "-nopgbrk", "-", "-"], input=made, capture_output=True, check=True
    ).stdout
    printed = re.sub(rf"{context.heading.reference}\s*Page (\d+) of \d+", "", read.decode())
    found, pages = letters(printed), len(pypdf.PdfReader(io.BytesIO(made)).pages)

    for text in said(context):
        wanted = letters(text.text)
        parts = [wanted[at : at + 100] for at in range(0, len(wanted), 100)]
        lost = 0 if wanted in found else sum(part not in found for part in parts)
        assert lost <= min(pages, len(parts) // 4), text.place


def letters(text: str) -> str:
    """Without white space, which readers put before an accent that stands apart; composed after that."""
    return folded(re.sub(r"\s", "", text)).replace(" ", "")


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_both_files_say_the_same_words_in_the_same_order(content: str, code: str) -> None:
    kind, context = KINDS[code], CONTENTS[content][code]
    html, _ = pdf.render(pdf.filled(kind, context), charts_of(context))
    page = [cell for block in readback.page_blocks(html.etree_element) for cell in block.cells if cell]

    word = readback.word_blocks(issued(content, code).docx)

    assert [block for block in word if block] == page


@pytest.mark.parametrize("code", KINDS)
def test_the_same_context_gives_the_same_bytes(code: str) -> None:
    assert issue(code, PLAIN[code]) == issued("plain", code)


@pytest.mark.parametrize("code", KINDS)
def test_every_document_says_whether_it_names_people(code: str) -> None:
    blocks = readback.word_blocks(issued("plain", code).docx)
    said_of_each = {
        (True, False): IDENTIFIED,
        (False, False): DEIDENTIFIED,
        (True, True): IDENTIFIED_ONCE_FILLED_IN,
        (False, True): DEIDENTIFIED_WHEN_FILLED_IN,
    }

    found = [what for what, words in said_of_each.items() if words in blocks]

    assert found == [(KINDS[code].identified, KINDS[code].is_blank)]


@pytest.mark.parametrize("code", ["written_account", "stage_record", "written_confirmation"])
def test_what_was_typed_like_a_template_is_printed(code: str) -> None:
    blocks = readback.word_blocks(issued("hard", code).docx)

    assert any("{{ heading.board }} {% if x %} {# gone? #} {_{ }_} {_% %_}" in block for block in blocks)


def test_a_word_file_keeps_the_lines_of_an_answer() -> None:
    assert "One line\nanother line\n\n\na paragraph after a gap\n  indented\nand a tab" in paragraphs(
        issued("hard", "notice_to_board").docx
    )


def test_nothing_agreed_and_nothing_answered_are_said() -> None:
    blocks = readback.word_blocks(issued("empty", "written_confirmation").docx)

    assert "No actions were agreed." in blocks
    assert blocks.count("Not answered") == 9


def test_the_hard_content_takes_rows_over_several_pages() -> None:
    """Otherwise the tests above would not show that a row is read back over page breaks."""
    html, made = pdf.render(pdf.filled(KINDS["stage_record"], HARD["stage_record"]))
    pages = readback.pdf_pages(made)
    rows = [block for block in readback.page_blocks(html.etree_element) if len(block.cells) == 3]
    longest = max(rows, key=lambda row: len(row.cells[0]))

    assert sum(any(line.text in longest.cells[0] for line in lines[:3]) for lines in pages) > 3


def test_a_copy_of_a_hundred_records_is_issued_whole() -> None:
    copy = PLAIN["file_copy"]
    assert isinstance(copy, FileCopy)
    records = tuple(
        record.model_copy(update={"title": f"{number}. {record.title}"})
        for number, record in enumerate(copy.records * 50, start=1)
    )

    files = issue("file_copy", copy.model_copy(update={"records": records}))

    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files.pdf)).pages]
    assert len(pages) > 30
    assert "100 of 100" in pages[-1]


def test_only_whoever_has_not_answered_has_room_to_sign() -> None:
    blocks = readback.word_blocks(issued("plain", "acknowledgement_sheet").docx)
    sheet = PLAIN["acknowledgement_sheet"]
    assert isinstance(sheet, AcknowledgementSheet)

    assert blocks.count("Signature") == sum(bool(person.choices) for person in sheet.people)
    assert "Signature" not in blocks[: blocks.index("Idris Fallowfield", blocks.index("Who is asked"))]


def test_a_table_says_what_its_columns_are_on_every_page() -> None:
    """Also where one row is longer than a page, which a row that is kept together would not."""
    made = pdf.render(pdf.filled(KINDS["referral"], HARD["referral"]))[1]
    tables = [[line.text for line in lines[:4]] for lines in readback.pdf_pages(made)]
    header = ["When", "What", "Who", "What came of it"]

    first = next(number for number, lines in enumerate(tables) if lines == header)
    assert tables[first : first + 10] == [header] * 10
