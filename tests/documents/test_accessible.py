"""Every file can be read by everybody and kept for years: PDF/UA-1 and PDF/A-2a, each asked of two validators; Word by its XML."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import page
import pikepdf
import pytest
from pikepdf import Name

from forms_app.documents.locks import lock
from forms_app.documents.seals import Seal
from forms_app.documents.standards import part
from tests.documents.files import EVERY, issued
from tests.documents.verapdf import VeraPdf
from tests.factories.certificates import NOW, PASSPHRASE, certificate

PROFILES = ("ua1", "2a")


@pytest.fixture(scope="module")
def verapdf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VeraPdf]:
    validator = VeraPdf(tmp_path_factory.mktemp("verapdf"))
    yield validator
    validator.close()


def page_validation(pdf: bytes, profile: str) -> set[str]:
    """The rules that are broken, by the validator that is the service's own gate."""
    return {failure.rule_id for failure in page.validate_pdf_bytes(pdf, profile=profile).failures}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("content", "code"), EVERY)
def test_two_validators_find_nothing_wrong(content: str, code: str, profile: str, verapdf: VeraPdf) -> None:
    pdf = issued(content, code).pdf

    assert page_validation(pdf, profile) == set()
    assert verapdf.broken(pdf, profile) == set()


def test_a_sealed_pdf_keeps_both_standards(verapdf: VeraPdf, tmp_path: Path) -> None:
    own = certificate(tmp_path)
    sealed = Seal.from_file(own.file, PASSPHRASE, at=NOW).sign(issued("plain", "written_confirmation").pdf)

    assert [verapdf.broken(sealed, profile) for profile in PROFILES] == [set(), set()]


def test_a_locked_pdf_keeps_the_one_that_allows_locks(verapdf: VeraPdf) -> None:
    locked = lock(issued("plain", "written_confirmation").pdf, "4T7Q-X2MB")

    assert verapdf.broken(locked, "ua1", "4T7Q-X2MB") == set()
    assert "6.1.3-2" in verapdf.broken(locked, "2a", "4T7Q-X2MB")


# What breaks a file, and the rules by which each validator says so. Nobody's for what only one of them sees, or neither.


def elements(pdf: pikepdf.Pdf, role: str) -> list[pikepdf.Dictionary]:
    return [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == Name(f"/{role}")]


def rename(pdf: pikepdf.Pdf, role: str, to: str) -> None:
    for element in elements(pdf, role):
        element.S = Name(f"/{to}")


def rewrite(pdf: pikepdf.Pdf, pattern: bytes, to: bytes = b"") -> None:
    metadata = pdf.Root.Metadata.read_bytes()
    changed = re.sub(pattern, to, metadata, flags=re.DOTALL)
    assert changed != metadata
    pdf.Root.Metadata.write(changed)


def fonts(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """All of them: the pages of a document share theirs."""
    return list(pdf.pages[0].Resources.Font.values())


def without_tags(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def not_marked_as_tagged(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.MarkInfo


def with_suspects(pdf: pikepdf.Pdf) -> None:
    pdf.Root.MarkInfo.Suspects = True


def without_a_way_from_content_to_tags(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot.ParentTree


def without_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def without_title(pdf: pikepdf.Pdf) -> None:
    rewrite(pdf, rb"<dc:title>.*</dc:title>")


def with_its_file_name_as_title(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.ViewerPreferences.DisplayDocTitle


def not_said_to_be_accessible(pdf: pikepdf.Pdf) -> None:
    rewrite(pdf, rb'pdfuaid:part="1"')


def not_said_to_be_archival(pdf: pikepdf.Pdf) -> None:
    rewrite(pdf, rb'pdfaid:part="2"')


def without_explaining_what_it_says(pdf: pikepdf.Pdf) -> None:
    rewrite(pdf, rb"<pdfaExtension:schemas>.*</pdfaExtension:schemas>")


def with_a_heading_left_out(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "H2", "H4")


def beginning_with_the_second_heading(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "H1", "H2")


def with_a_role_of_its_own(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "P", "Answer")


def with_items_of_no_list(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "P", "LI")


def with_cells_of_no_table(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "P", "TD")


def with_a_picture_that_nobody_describes(pdf: pikepdf.Pdf) -> None:
    rename(pdf, "P", "Figure")


def with_a_line_that_is_neither_content_nor_ornament(pdf: pikepdf.Pdf) -> None:
    contents = pdf.pages[0].Contents
    contents.write(contents.read_bytes() + b"\n0 0 m 10 10 l S\n")


def without_what_its_glyphs_stand_for(pdf: pikepdf.Pdf) -> None:
    for font in fonts(pdf):
        del font.ToUnicode


def without_its_fonts(pdf: pikepdf.Pdf) -> None:
    for font in fonts(pdf):
        descriptor = font.DescendantFonts[0].FontDescriptor
        for program in {"/FontFile2", "/FontFile3"} & set(descriptor.keys()):
            del descriptor[program]


def without_the_meaning_of_its_colours(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def with_a_program(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=Name.JavaScript, JS="1")


BREAKS: list[tuple[Callable[[pikepdf.Pdf], None], str, str, str]] = [
    (without_tags, "ua1", "7.1-11", "STRUCT-TREE-ROOT"),
    (not_marked_as_tagged, "ua1", "6.2-1", "TAGGED-DOCUMENT"),
    (with_suspects, "ua1", "7.1-4", "SUSPECTS"),
    (without_a_way_from_content_to_tags, "ua1", "7.1-3", ""),
    (without_language, "ua1", "7.2-34", "TEXT-LANGUAGE"),
    (without_title, "ua1", "7.1-9", "METADATA-TITLE"),
    (with_its_file_name_as_title, "ua1", "7.1-10", "VIEWER-PREFERENCES"),
    (not_said_to_be_accessible, "ua1", "5-1", "ID-PART"),
    (with_a_heading_left_out, "ua1", "7.4.2-1", "HEADING-NESTING"),
    (beginning_with_the_second_heading, "ua1", "7.4.2-1", "HEADING-NESTING"),
    (with_a_role_of_its_own, "ua1", "7.1-5", "ROLE-MAP"),
    (with_items_of_no_list, "ua1", "7.2-17", "LI-PARENT"),
    (with_cells_of_no_table, "ua1", "7.2-9", "TD-PARENT"),
    (with_a_picture_that_nobody_describes, "ua1", "7.3-1", "FIGURE-ALTERNATIVE-TEXT"),
    (with_a_line_that_is_neither_content_nor_ornament, "ua1", "7.1-3", "CONTENT-TAGGING"),
    (without_what_its_glyphs_stand_for, "ua1", "7.21.7-1", "UNICODE-MAPPING"),
    (without_its_fonts, "ua1", "7.21.4.1-1", "FONT-EMBEDDING"),
    (without_tags, "2a", "6.7.3.3-1", "STRUCT-TREE-ROOT"),
    (not_said_to_be_archival, "2a", "6.6.4-2", "ID-PART"),
    (without_explaining_what_it_says, "2a", "6.6.2.3.1-1", "XMP-PROPERTY-DEFINITION"),
    (without_what_its_glyphs_stand_for, "2a", "6.2.11.7.2-1", "UNICODE-MAPPING"),
    (without_its_fonts, "2a", "6.2.11.4.1-1", "FONT-EMBEDDING"),
    (without_the_meaning_of_its_colours, "2a", "6.2.4.3-2", "DEVICE-RGB"),
    (with_a_program, "2a", "6.5.1-1", "ACTION-TYPE"),
]


@pytest.mark.parametrize(("spoil", "profile", "clause", "rule"), BREAKS)
def test_both_validators_go_red(
    spoil: Callable[[pikepdf.Pdf], None], profile: str, clause: str, rule: str, verapdf: VeraPdf
) -> None:
    spoiled = io.BytesIO()
    with pikepdf.open(io.BytesIO(issued("plain", "written_account").pdf)) as pdf:
        spoil(pdf)
        pdf.save(spoiled)

    assert clause in verapdf.broken(spoiled.getvalue(), profile)
    found = page_validation(spoiled.getvalue(), profile)
    assert any(rule in one for one in found) if rule else not found


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_each_header_of_a_table_in_the_pdf_says_what_it_heads(content: str, code: str) -> None:
    """Neither validator asks for it as long as a cell names its headers."""
    with pikepdf.open(io.BytesIO(issued(content, code).pdf)) as pdf:
        names = pdf.Root.StructTreeRoot.IDTree.Names
        listed = {str(names[at]): names[at + 1] for at in range(0, len(names), 2)}
        headers, cells = elements(pdf, "TH"), elements(pdf, "TD")

        assert list(listed) == sorted(listed)
        assert set(listed) == {str(header.ID) for header in headers}
        assert all(str(header.A.Scope) in {"/Column", "/Row"} for header in headers)
        assert all((str(header.A.Scope) == "/Column") == (str(header.P.P.S) == "/THead") for header in headers)
        assert {str(header) for cell in cells for header in cell.A.Headers} <= set(listed)
        assert all(cell.A.Headers for cell in cells)


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_the_pdf_has_one_title_and_shows_it(content: str, code: str) -> None:
    with pikepdf.open(io.BytesIO(issued(content, code).pdf)) as pdf:
        assert len(elements(pdf, "H1")) == 1
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang) == "en-GB"
        assert set(pdf.docinfo) == {"/Title", "/Author", "/Producer"}
        assert not pdf.Root.Metadata.keys() & {"/Filter"}


class Part:
    """As much of a part of a PDF as is looked at when it is written."""

    def __init__(self, content: bytes) -> None:
        self.stream, self.extra, self.compress = [content], {}, True


def test_no_compressed_part_ends_in_what_could_be_taken_for_the_end_of_a_line() -> None:
    """Otherwise one document in twenty would fail for the luck of its bytes."""
    written = {number: part(Part(b"part %d" % number)) for number in range(2000)}

    assert not any(one.endswith(b"\r\nendstream") for one in written.values())
    assert 0 < sum(b"/FlateDecode" not in one for one in written.values()) < 40


def test_a_word_of_every_font_is_in_the_hard_example() -> None:
    """Otherwise the validators would have seen only some of our fonts."""
    with pikepdf.open(io.BytesIO(issued("hard", "stage_record").pdf)) as pdf:
        used = {str(font.BaseFont).partition("+")[2] for font in fonts(pdf)}

    assert len(used) >= 4, used
