"""Nothing in an Excel file of ours is a formula or a link, whatever a text begins with."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree

from forms_app.documents.spreadsheet import write_sheets

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=HYPERLINK(\"http://x.example\")", "http://x.example",
    "mailto:a@x.example", "{=1+1}", "'quoted", "007", "<b>&amp;</b>", " spaced ", "two\nlines", "mass 🚸 é",
    "<r></si><si><t>another</t></si><si></r>", "<r> &amp; \"x\" </r>",
)  # fmt: skip


def cells_of(content: bytes) -> list[list[tuple[str, str]]]:
    """The type and the text of each cell of the first sheet, without anything of our own writer."""
    with ZipFile(BytesIO(content)) as opened:
        names = opened.namelist()
        assert not [name for name in names if "externalLink" in name or "vba" in name or "sheet1.xml.rels" in name]
        sheet = etree.fromstring(opened.read("xl/worksheets/sheet1.xml"))
        shared = []
        if "xl/sharedStrings.xml" in names:
            shared = ["".join(each.itertext()) for each in etree.fromstring(opened.read("xl/sharedStrings.xml"))]
    spelled = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert not list(sheet.iter(f"{spelled}f", f"{spelled}hyperlink", f"{spelled}hyperlinks"))
    rows = []
    for row in sheet.iter(f"{spelled}row"):
        cells = []
        for cell in row:
            kind, said = cell.get("t", "n"), "".join(cell.itertext())
            cells.append((kind, shared[int(said)] if kind == "s" else said))
        rows.append(cells)
    return rows


def test_what_begins_like_a_formula_is_the_text_that_it_is() -> None:
    head, *rows = cells_of(write_sheets([("Register", ["=1+1", "Count"], [(each, 3) for each in HOSTILE])]))

    assert [kind for kind, _ in head] == ["s", "s"]
    assert {kind for (kind, _), _ in rows} == {"s"}
    assert [said.replace("_x000D_", "\r").replace("_x0009_", "\t") for (_, said), _ in rows] == list(HOSTILE)
    assert {number for _, number in rows} == {("n", "3")}


def test_a_file_says_nothing_of_who_made_it_or_when() -> None:
    with ZipFile(BytesIO(write_sheets([("A/B: [c]*?", ["One"], [])]))) as opened:
        core = opened.read("docProps/core.xml").decode()
        book = opened.read("xl/workbook.xml").decode()

    assert "2000-01-01T00:00:00Z" in core
    assert "<dc:creator></dc:creator>" in core or "<dc:creator/>" in core
    assert 'name="A B   c   "' in book


def test_a_text_that_a_cell_would_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="32,767"):
        write_sheets([("Long", ["One"], [("x" * 32_768,)])])
