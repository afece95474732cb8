"""Every Word file can be read by everybody: asked of its XML, each check with a file that breaks it."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from tests.documents.files import EVERY, issued

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
LANGUAGE = "en-GB"
HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
PROPERTIES = {
    "title": "{http://purl.org/dc/elements/1.1/}title",
    "language": "{http://purl.org/dc/elements/1.1/}language",
}

Parts = dict[str, Any]


def parts(docx: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(docx)) as package:
        return {name: etree.fromstring(package.read(name)) for name in package.namelist() if name.endswith(".xml")}


def faults(docx: bytes) -> list[str]:
    """What keeps somebody who uses a screen reader, larger print or a keyboard from reading the file."""
    opened = parts(docx)
    return [fault for check in CHECKS for fault in check(opened)]


def said(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t")).strip()


def value(element: Any, path: str) -> str | None:
    found = element.find(path)
    return None if found is None else found.get(f"{W}val")


def style_of(paragraph: Any) -> str:
    return value(paragraph, f"{W}pPr/{W}pStyle") or "Normal"


def levels(opened: Parts) -> dict[str, int]:
    """The level of each style that is a heading, by its id: by its name, which is the same in every language of Word."""
    named = {
        style.get(f"{W}styleId"): HEADING.fullmatch(value(style, f"{W}name") or "")
        for style in opened["word/styles.xml"].iter(f"{W}style")
    }
    return {style: int(match[1]) for style, match in named.items() if match}


def headings_are_in_order(opened: Parts) -> Iterator[str]:
    of_style = levels(opened)
    body = opened["word/document.xml"]
    found = [of_style[style_of(one)] for one in body.iter(f"{W}p") if style_of(one) in of_style]
    if found.count(1) != 1 or found[:1] != [1]:
        yield f"it has {found.count(1)} headings of the first level, and begins with one of level {found[:1]}"
    yield from (f"a heading {two} follows a heading {one}" for one, two in itertools.pairwise(found) if two > one + 1)
    yield from (
        "a heading stands in a table"
        for cell in body.iter(f"{W}tc")
        for one in cell.iter(f"{W}p")
        if style_of(one) in of_style
    )
    yield from ("a heading says nothing" for one in body.iter(f"{W}p") if style_of(one) in of_style and not said(one))


def nothing_only_looks_like_a_heading(opened: Parts) -> Iterator[str]:
    for paragraph in opened["word/document.xml"].find(f"{W}body").iterchildren(f"{W}p"):
        runs = [run for run in paragraph.iter(f"{W}r") if said(run)]
        if runs and all(run.find(f"{W}rPr/{W}b") is not None for run in runs):
            yield "a paragraph is made bold by hand, in place of a style"


def tables_say_what_heads_them(opened: Parts) -> Iterator[str]:
    for table in opened["word/document.xml"].iter(f"{W}tbl"):
        rows = table.findall(f"{W}tr")
        if not value(table, f"{W}tblPr/{W}tblCaption"):
            yield "a table has no title for who does not see it"
        if is_room_to_write(table):
            continue
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
        look = table.find(f"{W}tblPr/{W}tblLook")
        by_row, by_column = (look is not None and look.get(f"{W}{side}") == "1" for side in ("firstRow", "firstColumn"))
        if by_row == by_column:
            yield "a table does not say whether its first row or its first column heads it"
        if by_row and heads != [True] + [False] * (len(rows) - 1):
            yield "a table does not repeat its first row, and only that, as its header"
        if by_column and any(heads):
            yield "a table headed by its first column repeats a row"
        first = rows[0].findall(f"{W}tc") if by_row else [row.find(f"{W}tc") for row in rows]
        if not all(said(cell) for cell in first):
            yield "a table has a header that says nothing"


def is_room_to_write(table: Any) -> bool:
    """A frame around nothing, in which somebody writes an answer."""
    return len(table.findall(f"{W}tr/{W}tc")) == 1 and not said(table)


def tables_are_plain(opened: Parts) -> Iterator[str]:
    for table in opened["word/document.xml"].iter(f"{W}tbl"):
        columns = len(table.findall(f"{W}tblGrid/{W}gridCol"))
        if any(len(row.findall(f"{W}tc")) != columns for row in table.findall(f"{W}tr")):
            yield "a row has not as many cells as its table has columns"
        if next(table.iter(f"{W}gridSpan", f"{W}vMerge", f"{W}hMerge"), None) is not None:
            yield "a table has merged cells"
        if next(table.iterdescendants(f"{W}tbl"), None) is not None:
            yield "a table stands in a table"


def space_is_made_by_styles(opened: Parts) -> Iterator[str]:
    for name, part in opened.items():
        if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name):
            for paragraph in part.iter(f"{W}p"):
                empty = not said(paragraph) and next(paragraph.iter(DRAWN), None) is None
                if paragraph.getparent().tag != f"{W}tc" and empty and not keeps_tables_apart(paragraph):
                    yield f"{name} has an empty paragraph"
    for cell in opened["word/document.xml"].iter(f"{W}tc"):
        if len(cell.findall(f"{W}p")) != 1:
            yield "a cell has an empty paragraph beside its text"


def keeps_tables_apart(paragraph: Any) -> bool:
    """Word would make one of two tables with nothing between them."""
    around = (paragraph.getprevious(), paragraph.getnext())
    return all(one is not None and one.tag == f"{W}tbl" for one in around)


def everything_is_in_our_language(opened: Parts) -> Iterator[str]:
    defaults = opened["word/styles.xml"].find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    if defaults is None or defaults.get(f"{W}val") != LANGUAGE:
        yield "the styles do not say which language the document is in"
    if value(opened["word/settings.xml"], f"{W}themeFontLang") != LANGUAGE:
        yield "the settings say another language than the document is in"
    for name, part in opened.items():
        for language in part.iter(f"{W}lang"):
            if language.get(f"{W}val") not in {None, LANGUAGE}:
                yield f"{name} has something in {language.get(f'{W}val')}"


def properties_name_it(opened: Parts) -> Iterator[str]:
    core = opened["docProps/core.xml"]
    if not core.findtext(PROPERTIES["title"]):
        yield "the properties have no title"
    if core.findtext(PROPERTIES["language"]) != LANGUAGE:
        yield "the properties do not say the language"


def pictures_are_described(opened: Parts) -> Iterator[str]:
    for name, part in opened.items():
        for picture in part.iter(DRAWN):
            if not picture.get("descr"):
                yield f"{name} has a picture that nobody describes"
        if next(part.iter(f"{W}pict", f"{W}object"), None) is not None:
            yield f"{name} has a picture of the old kind, which cannot be described"


def it_can_be_read_and_changed(opened: Parts) -> Iterator[str]:
    """Protection keeps screen readers out of Word; text that runs across its paragraph cannot be read in order."""
    if opened["word/settings.xml"].find(f"{W}documentProtection") is not None:
        yield "it is protected against changes"
    if next(opened["word/document.xml"].iter(f"{W}framePr", f"{W}txbxContent", f"{W}tblpPr"), None) is not None:
        yield "something floats, and is read out of its place"


CHECKS: tuple[Callable[[Parts], Iterator[str]], ...] = (
    headings_are_in_order,
    nothing_only_looks_like_a_heading,
    tables_say_what_heads_them,
    tables_are_plain,
    space_is_made_by_styles,
    everything_is_in_our_language,
    properties_name_it,
    pictures_are_described,
    it_can_be_read_and_changed,
)


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_nothing_keeps_anybody_from_reading_it(content: str, code: str) -> None:
    assert sorted(set(faults(issued(content, code).docx))) == []


# A file that breaks each check.


def change(name: str, pattern: str, to: str) -> Callable[[dict[str, str]], None]:
    def spoil(package: dict[str, str]) -> None:
        changed = re.sub(pattern, to, package[name], flags=re.DOTALL)
        assert changed != package[name], pattern
        package[name] = changed

    return spoil


BODY, STYLES, SETTINGS, CORE = "word/document.xml", "word/styles.xml", "word/settings.xml", "docProps/core.xml"
PARAGRAPH = r"(<w:body>)"
PICTURE = (
    '<w:p><w:r><w:drawing xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:inline>'
    '<wp:docPr id="1" name="Logo"/></wp:inline></w:drawing></w:r><w:r><w:t>Logo</w:t></w:r></w:p>'
)
SPOILT = [
    (change(BODY, 'w:val="Heading1"', 'w:val="Board"'), "0 headings of the first level"),
    (change(BODY, 'w:val="Heading2"', 'w:val="Heading1"'), "headings of the first level"),
    (change(STYLES, '<w:name w:val="[hH]eading 1"/>', '<w:name w:val="Big"/>'), "0 headings of the first level"),
    (change(BODY, 'w:val="Heading2"', 'w:val="Heading3"'), "a heading 3 follows a heading 1"),
    (change(BODY, 'w:val="CellName"', 'w:val="Heading2"'), "a heading stands in a table"),
    (change(BODY, PARAGRAPH, r'\1<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr></w:p>'), "a heading says nothing"),
    (change(BODY, PARAGRAPH, r"\1<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Big</w:t></w:r></w:p>"), "made bold by hand"),
    (change(BODY, "<w:tblHeader/>", ""), "does not repeat its first row"),
    (change(BODY, "<w:cantSplit/>", "<w:cantSplit/><w:tblHeader/>"), "headed by its first column repeats a row"),
    (change(BODY, 'w:firstColumn="1"', 'w:firstColumn="0"'), "does not say whether its first row"),
    (change(BODY, r"<w:t>By when</w:t>", "<w:t></w:t>"), "a header that says nothing"),
    (change(BODY, "<w:tblCaption [^>]*>", ""), "no title for who does not see it"),
    (change(BODY, "</w:tcPr>", '<w:gridSpan w:val="2"/></w:tcPr>'), "merged cells"),
    (change(BODY, "</w:tcPr>", "<w:vMerge/></w:tcPr>"), "merged cells"),
    (change(BODY, "<w:gridCol [^>]*>", ""), "not as many cells as its table has columns"),
    (change(BODY, r"</w:tcPr>(?=<w:p>)", "</w:tcPr><w:tbl><w:tblPr/></w:tbl>"), "a table stands in a table"),
    (change(BODY, PARAGRAPH, r"\1<w:p/>"), "has an empty paragraph"),
    (change(BODY, r"</w:p></w:tc>", "</w:p><w:p/></w:tc>"), "empty paragraph beside its text"),
    (change(STYLES, 'w:lang w:val="en-GB"', 'w:lang w:val="en-US"'), "do not say which language"),
    (
        change(SETTINGS, 'w:themeFontLang w:val="en-GB"', 'w:themeFontLang w:val="en-US"'),
        "settings say another language",
    ),
    (change(BODY, r"<w:r><w:t", '<w:r><w:rPr><w:lang w:val="fr-FR"/></w:rPr><w:t'), "something in fr-FR"),
    (change(CORE, "<dc:title>.*</dc:title>", ""), "no title"),
    (change(CORE, "<dc:language>.*</dc:language>", ""), "do not say the language"),
    (change(BODY, PARAGRAPH, rf"\1{PICTURE}"), "a picture that nobody describes"),
    (change(BODY, PARAGRAPH, r"\1<w:p><w:r><w:pict/><w:t>Logo</w:t></w:r></w:p>"), "a picture of the old kind"),
    (change(SETTINGS, "<w:zoom", "<w:documentProtection/><w:zoom"), "protected against changes"),
    (change(BODY, "<w:pPr>", "<w:pPr><w:framePr/>"), "something floats"),
]


@pytest.mark.parametrize(("spoil", "fault"), SPOILT, ids=[fault for _, fault in SPOILT])
def test_what_would_keep_somebody_from_reading_it_is_found(spoil: Callable[[dict[str, str]], None], fault: str) -> None:
    with zipfile.ZipFile(io.BytesIO(issued("plain", "written_confirmation").docx)) as package:
        written = {name: package.read(name).decode() for name in package.namelist()}
    spoil(written)
    spoilt = io.BytesIO()
    with zipfile.ZipFile(spoilt, "w") as package:
        for name, content in written.items():
            package.writestr(name, content)

    assert any(fault in found for found in faults(spoilt.getvalue()))
