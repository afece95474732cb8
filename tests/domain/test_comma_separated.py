"""Tables come in from any spreadsheet and go out so that none of them runs anything; every fault has its place."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.comma_separated import DANGEROUS, SheetFaults, harmless, plain, read_rows, write_rows

COLUMNS = ("name", "job_title")


def read(content: bytes) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_rows(content, columns=COLUMNS, needed=("name",))]


def faults(content: bytes) -> list[str]:
    with pytest.raises(SheetFaults) as found:
        read(content)
    return [str(fault) for fault in found.value.faults]


@pytest.mark.parametrize(
    "content",
    [
        b"name,job_title\nBethan,Nurse\n",
        b"name;job_title\r\nBethan;Nurse\r\n",
        b"job_title\tname\nNurse\tBethan",
        "\ufeffName,Job title\n\n Bethan , Nurse \n,\n".encode(),
        b'"name","job_title"\r"Bethan","Nurse"\r',
    ],
)
def test_whatever_a_spreadsheet_saved_is_read(content: bytes) -> None:
    assert read(content) == [{"name": "Bethan", "job_title": "Nurse"}]


def test_a_line_is_counted_as_an_editor_counts() -> None:
    rows = read_rows(b'name\n"two\nlines"\n\nlast\n', columns=COLUMNS, needed=())
    assert [(row.line, row.cells["name"]) for row in rows] == [(2, "two\nlines"), (5, "last")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Line 1, name: This column is missing."),
        (b"name,name\n", "Line 1, name: This column stands there twice."),
        (b"name,motto\n", "Line 1, motto: There is no such column. There are: name, job_title."),
        (b"name,\n", "Line 1: A column has no name. The first line names every column."),
        (b"name\na,b\n", "Line 2: This line has 2 columns, and the first line names 1."),
        ("name\nCaf\xe9".encode("cp1252"), "Save as"),
        ("name\nx".encode("utf-16"), "CSV UTF-8"),
        (b"name\n\0", "CSV UTF-8"),
        (b'name\n"open', "Line 2: The quotation marks from here on do not match."),
        (b"name\n" + b"a\n" * 10_001, "10,001 rows"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: bytes, said: str) -> None:
    assert any(said in fault for fault in faults(content))


def test_every_fault_is_told_at_once() -> None:
    assert len(faults(b"motto,motto\n")) > 2


@pytest.mark.parametrize("begins", [*DANGEROUS, "'=", "'"])
def test_nothing_that_goes_out_is_a_formula(begins: str) -> None:
    (_, row) = csv.reader(io.StringIO(write_rows(("name",), [[f"{begins}1+1"]]).decode("utf-8-sig"), newline=""))
    assert not row[0].startswith(DANGEROUS)
    assert plain(row[0]) == f"{begins}1+1"


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))).map(str.strip), min_size=2, max_size=2))
def test_what_goes_out_comes_back(cells: list[str]) -> None:
    if any(cells):
        assert read(write_rows(COLUMNS, [cells])) == [dict(zip(COLUMNS, cells, strict=True))]
    assert [plain(harmless(cell)) for cell in cells] == cells
