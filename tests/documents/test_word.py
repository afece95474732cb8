"""The fences of the Word file, each with what happens without it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import Environment
from lxml import etree

from forms_app.documents import templates, word
from forms_app.documents.catalogue import KINDS
from forms_app.documents.faults import DocumentFault
from tests.documents.examples import EMPTY, HARD, PLAIN

CONFIRMATION, NOTICE = KINDS["written_confirmation"], KINDS["notice_to_board"]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def part(file: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(file)) as package:
        return package.read(name)


def a_template(tmp_path: Path, *paragraphs: str) -> Path:
    """A Word template as python-docx makes it, with its thumbnail and its author."""
    path, document = tmp_path / "record.docx", docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(str(path))
    return path


def test_typed_markup_is_escaped() -> None:
    assert word.make(NOTICE, HARD["notice_to_board"])


def test_without_escaping_the_change_is_caught_before_issue() -> None:
    context = PLAIN["notice_to_board"].model_copy(update={"reason": "Seen <2 hrs & no home> visit"})
    unescaped = word.compiled(templates.FOLDER / NOTICE.code / "record.docx", Environment(autoescape=False))  # noqa: S701

    with pytest.raises(DocumentFault):
        word.proved(NOTICE, context, word.fill(unescaped, NOTICE, context))


def test_plain_docxtpl_loses_what_was_typed() -> None:
    """Why there is a fence at all."""
    template, file = DocxTemplate(templates.FOLDER / NOTICE.code / "record.docx"), io.BytesIO()
    context = PLAIN["notice_to_board"].model_copy(update={"reason": "Seen <2 hrs & no home> visit"})
    template.render(templates.blanks(NOTICE, context))
    template.save(file)

    with pytest.raises(DocumentFault):
        word.proved(NOTICE, context, file.getvalue())


@pytest.mark.parametrize("blank", ["{{ nobody }}", "{{ heading.nothing }}", "{% for x in nobody %}{% endfor %}"])
def test_an_unknown_blank_is_a_fault(tmp_path: Path, blank: str) -> None:
    template = word.compiled(a_template(tmp_path, blank), word.environment())

    with pytest.raises(DocumentFault, match="cannot be filled"):
        word.fill(template, NOTICE, EMPTY["notice_to_board"])


def test_without_strictness_an_unknown_blank_prints_nothing(tmp_path: Path) -> None:
    lenient = word.compiled(a_template(tmp_path, "({{ nobody }})"), Environment(autoescape=True))

    assert b"()" in part(word.fill(lenient, NOTICE, EMPTY["notice_to_board"]), word.BODY)


@pytest.mark.parametrize("blank", ["{{ title.__class__.__mro__ }}", "{{ heading.__init__.__globals__ }}"])
def test_a_template_cannot_reach_into_the_program(tmp_path: Path, blank: str) -> None:
    template = word.compiled(a_template(tmp_path, blank), word.environment())

    with pytest.raises(DocumentFault, match="unsafe"):
        word.fill(template, NOTICE, EMPTY["notice_to_board"])


def test_a_template_that_is_not_understood_or_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DocumentFault, match="cannot be understood"):
        word.compiled(a_template(tmp_path, "{% for %}"), word.environment())
    with pytest.raises(DocumentFault, match="is missing"):
        word.compiled(tmp_path / "none.docx", word.environment())


def test_a_character_that_xml_cannot_hold_is_a_fault() -> None:
    for letter in ("\x07", "\ud800"):
        with pytest.raises(DocumentFault):
            word.make(NOTICE, PLAIN["notice_to_board"].model_copy(update={"reason": f"a{letter}b"}))


def test_the_properties_are_a_fixed_list() -> None:
    file = word.make(CONFIRMATION, PLAIN["written_confirmation"])

    properties = {etree.QName(one).localname: one.text for one in etree.fromstring(part(file, word.PROPERTIES))}

    assert properties == {
        "title": "Written account of the concern, BRK-2026-0001",
        "creator": "Brackenshire Safeguarding Children Partnership",
        "lastModifiedBy": "Brackenshire Safeguarding Children Partnership",
        "language": "en-GB",
    }


def test_the_title_of_a_board_with_an_ampersand_reads_as_written() -> None:
    properties = docx.Document(io.BytesIO(word.make(NOTICE, HARD["notice_to_board"]))).core_properties

    assert properties.author == "Gŵyr & <West> Partnership"


@pytest.mark.parametrize("code", KINDS)
def test_nothing_is_left_of_whoever_edited_the_template(code: str) -> None:
    with zipfile.ZipFile(io.BytesIO(word.make(KINDS[code], PLAIN[code]))) as package:
        names, dates = package.namelist(), {entry.date_time for entry in package.infolist()}
        content = b"".join(package.read(name) for name in names)

    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert len(names) == len(set(names))
    assert not [
        name for name in names if any(word in name for word in ("thumbnail", "customXml", "comments", "custom.xml"))
    ]
    assert b"python-docx" not in content


def test_a_template_as_saved_by_an_editor_is_cleaned(tmp_path: Path) -> None:
    path = a_template(tmp_path, "{{ title }}")
    file = word.fill(word.compiled(path, word.environment()), NOTICE, EMPTY["notice_to_board"])

    with zipfile.ZipFile(path) as source, zipfile.ZipFile(io.BytesIO(file)) as package:
        assert "docProps/thumbnail.jpeg" in source.namelist()
        assert b"python-docx" in source.read(word.PROPERTIES)
        assert "docProps/thumbnail.jpeg" not in package.namelist()
        assert b"thumbnail" not in package.read("_rels/.rels")
        assert b"python-docx" not in package.read(word.PROPERTIES)


def test_comments_are_taken_out_with_their_marks(tmp_path: Path) -> None:
    path, document = tmp_path / "record.docx", docx.Document()
    document.add_comment(document.add_paragraph("{{ title }}").runs, text="Ask Wren", author="Wren Ashdown")
    document.save(str(path))

    file = word.fill(word.compiled(path, word.environment()), NOTICE, EMPTY["notice_to_board"])

    with zipfile.ZipFile(io.BytesIO(file)) as package:
        assert b"Wren" not in b"".join(package.read(name) for name in package.namelist())
        assert b"omment" not in package.read(word.BODY)


def test_tracked_changes_and_outside_files_are_refused(tmp_path: Path) -> None:
    tracked, linked = tmp_path / "tracked.docx", tmp_path / "linked.docx"
    document = docx.Document()
    document.add_paragraph()._p.append(OxmlElement("w:ins"))
    document.save(str(tracked))
    document = docx.Document()
    document.part.relate_to(
        "http://127.0.0.1/template.dotm", "http://schemas.example/attachedTemplate", is_external=True
    )
    document.save(str(linked))

    with pytest.raises(DocumentFault, match="tracked changes"):
        word.compiled(tracked, word.environment())
    with pytest.raises(DocumentFault, match="outside itself"):
        word.compiled(linked, word.environment())


def is_room_to_write(table: etree._Element) -> bool:
    return len(list(table.iter(f"{W}tc"))) == 1 and not "".join(table.itertext())


@pytest.mark.parametrize("code", KINDS)
def test_a_screen_reader_finds_headings_header_rows_names_of_tables_and_the_language(code: str) -> None:
    file = word.make(KINDS[code], PLAIN[code])
    body, styles = etree.fromstring(part(file, word.BODY)), etree.fromstring(part(file, "word/styles.xml"))
    used = [style.get(f"{W}val") for style in body.iter(f"{W}pStyle")]

    assert used.count("Heading1") == 1
    assert used.count("Heading2") >= 2
    assert {language.get(f"{W}val") for language in styles.iter(f"{W}lang")} == {"en-GB"}
    for table in body.iter(f"{W}tbl"):
        assert table.find(f"{W}tblPr/{W}tblCaption") is not None
        names = [style.get(f"{W}val") for style in table.find(f"{W}tr").iter(f"{W}pStyle")]
        if names[0] == "ColumnName":
            assert table.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None
        elif not is_room_to_write(table):
            assert names[0] == "CellName"


def test_the_foot_of_a_page_has_the_reference_and_the_pages() -> None:
    foot = docx.Document(io.BytesIO(word.make(NOTICE, PLAIN["notice_to_board"]))).sections[0].footer.paragraphs[0]._p

    assert "".join(text.text or "" for text in foot.iter(qn("w:t"))) == "BRK-2026-0001Page 1 of 1"
    assert [field.get(qn("w:instr")) for field in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
