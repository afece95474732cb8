"""Tables as CSV: read whatever a spreadsheet saved, every fault with its place, and written so that nothing in them is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forms_app.domain.errors import DomainError

BOM = "\ufeff"
SEPARATORS = (",", ";", "\t")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
GUARD = "'"
"""Before such a beginning it makes a spreadsheet show the text as it is."""
MOST_ROWS = 10_000
MOST_FAULTS = 100
NOT_UTF8 = "This file is not text in UTF-8. In Excel choose “Save as”, then “CSV UTF-8 (comma delimited)”, and upload that file."


@dataclass(frozen=True, slots=True, order=True)
class CellFault:
    """Something wrong, and where. Without a column it is about the whole line."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        where = f"Line {self.line}, {self.column}" if self.column else f"Line {self.line}"
        return f"{where}: {self.sentence}"


class SheetFaults(DomainError):
    """A file that cannot be taken: every fault, as far as somebody would read."""

    def __init__(self, faults: Iterable[CellFault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults[:MOST_FAULTS]))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table by its columns; where it stands in the file, as an editor counts."""

    line: int
    cells: Mapping[str, str]


def read_rows(content: bytes, *, columns: Sequence[str], needed: Sequence[str]) -> list[Row]:
    """The rows of a file whose first line names its columns, in any order. Raises SheetFaults."""
    lines = _lines(content)
    names = [name.strip().lower().replace(" ", "_") for name in next(iter(lines), (1, []))[1]]
    faults = [*_faults_of_names(names, columns, needed)]
    if faults:
        raise SheetFaults(faults)
    found, rows = [], 0
    for line, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        rows += 1
        if len(cells) > len(names):
            faults.append(
                CellFault(line, "", f"This line has {len(cells)} columns, and the first line names {len(names)}.")
            )
        padded = [*cells, *[""] * (len(names) - len(cells))]
        found.append(Row(line, {name: plain(cell) for name, cell in zip(names, padded, strict=False)}))
    if rows > MOST_ROWS:
        faults.append(CellFault(1, "", f"This file has {rows:,} rows. It can have {MOST_ROWS:,}: split it."))
    if faults:
        raise SheetFaults(faults)
    return found


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """As a file that every spreadsheet reads with its accents, and in which nothing is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode()


def harmless(cell: str) -> str:
    """What begins like a formula, or like the guard before one, gets the guard."""
    return GUARD + cell if cell.startswith((*DANGEROUS, GUARD)) else cell


def plain(cell: str) -> str:
    """What `harmless` was made of; of anything else, itself without the spaces around it."""
    guarded = cell.startswith(GUARD) and cell[1:].startswith((*DANGEROUS, GUARD))
    return cell[1:] if guarded else cell.strip()


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetFaults([CellFault(1, "", NOT_UTF8)]) from None
    if "\0" in text:
        raise SheetFaults([CellFault(1, "", NOT_UTF8)])
    reader, found, begins = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True), [], 1
    try:
        for cells in reader:
            found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error:
        sentence = "The quotation marks from here on do not match. Look for one too many or too few."
        raise SheetFaults([CellFault(begins, "", sentence)]) from None
    return found


def _separator(text: str) -> str:
    """The one that stands most often in the first line."""
    first = text.partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _faults_of_names(names: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> Iterable[CellFault]:
    for name in names:
        if name and name not in columns:
            yield CellFault(1, name, f"There is no such column. There are: {', '.join(columns)}.")
        elif not name:
            yield CellFault(1, "", "A column has no name. The first line names every column.")
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield CellFault(1, name, "This column stands there twice.")
    for name in needed:
        if name not in names:
            yield CellFault(1, name, "This column is missing.")
