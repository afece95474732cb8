"""Reads an issued file again and compares it, text by text, with the context that it was made from."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

import pikepdf
from lxml import etree  # type: ignore[import-untyped]

from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.unpacking import BODY
from forms_app.documents.wording import folded, said


def compare(context: Value, blocks: Sequence[str], *, where: str) -> None:
    """Every text of the context is a whole block, in order. Raises DocumentFault with the place of the first that is not."""
    found = iter(blocks)
    for text in said(context):
        wanted = folded(text.text)
        if not any(block == wanted for block in found):
            raise DocumentFault(
                f"{where} does not say what was recorded: {text.place} is missing, changed or out of order. "
                f"It was not issued; the template or the text in that place has to be put right."
            )


# Word

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACES = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": "\t"}
STRICT = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def word_blocks(docx: bytes, part: str = BODY) -> list[str]:
    """The paragraphs of a part of a Word file, cells included, folded, in reading order."""
    with zipfile.ZipFile(io.BytesIO(docx)) as package:
        try:
            body = etree.fromstring(package.read(part), STRICT)
        except etree.XMLSyntaxError:
            raise DocumentFault(
                "The Word file is not well formed: the template or a character in the text broke it."
            ) from None
    blocks: list[list[str]] = [[]]
    for element in body.iter(f"{W}p", f"{W}t", *SPACES):
        if element.tag == f"{W}p":
            blocks.append([])
        else:
            blocks[-1].append(SPACES.get(element.tag) or element.text or "")
    return [folded("".join(block)) for block in blocks]


# PDF


class Block(NamedTuple):
    """A paragraph (one cell) or a table row of a page; `header` is the row that its table repeats on each new page."""

    cells: tuple[str, ...]
    header: tuple[str, ...] = ()


class Line(NamedTuple):
    """One line of print; lines of one column begin at the same x."""

    x: bytes
    text: str


OPERATOR = re.compile(rb"^(?:1 0 0 -1 (\S+) \S+ Tm|/(\S+) \S+ Tf|(.*) TJ|(ET)|.* (?:Tj|'|\"))$", re.MULTILINE)
GLYPHS = re.compile(rb"<([0-9a-f]+)>")
UNKNOWN = "\uffff"
MAPPING = re.compile(rb"^<([0-9a-f]{4})> <([0-9a-f]*)>$", re.MULTILINE)


def pdf_pages(pdf: bytes) -> list[list[Line]]:
    """The lines of each page in the order of the content, by the same tables that a screen reader or a search uses.

    Understands the way in which WeasyPrint writes text, and raises DocumentFault for any other.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = {
            str(name)[1:].encode(): mapping(font.ToUnicode.read_bytes())
            for page in document.pages[:1]
            for name, font in page.Resources.Font.items()
        }
        return [list(page_lines(page.Contents.read_bytes(), fonts)) for page in document.pages]


def mapping(table: bytes) -> dict[bytes, str]:
    """The text of each glyph by its number, four hexadecimal digits."""
    return {glyph: bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in MAPPING.findall(table)}


def page_lines(content: bytes, fonts: dict[bytes, dict[bytes, str]]) -> Iterator[Line]:
    x, font, text = b"", dict[bytes, str](), list[str]()
    for start, name, glyphs, end in OPERATOR.findall(content):
        if start:
            x = start
        elif name:
            font = fonts[name]
        elif glyphs:
            text += (
                font.get(run[at : at + 4], UNKNOWN) for run in GLYPHS.findall(glyphs) for at in range(0, len(run), 4)
            )
        elif end:
            if printed := folded("".join(text)):
                yield Line(x, printed)
            text = []
        else:
            raise DocumentFault("The PDF draws text in a way that cannot be read back. It was not issued.")


LEAVES = {"h1", "h2", "h3", "h4", "p", "li", "td", "th"}


def page_blocks(element: Element, header: tuple[str, ...] = ()) -> Iterator[Block]:
    """The blocks of a parsed page. Raises DocumentFault for text outside paragraphs, headings, lists and tables."""
    if element.tag == "table" and (row := element.find("thead/tr")) is not None:
        header = cells(row)
    inside = [element.text]
    for child in element:
        if child.tag in LEAVES:
            yield Block((words(child),))
        elif child.tag == "tr":
            yield Block(cells(child), header)
        elif child.tag != "head":
            yield from page_blocks(child, header)
        inside.append(child.tail)
    if any(folded(text) for text in inside if text):
        raise DocumentFault(
            f"The template of the PDF has text outside a paragraph, in <{element.tag}>. Put it into one."
        )


def cells(row: Element) -> tuple[str, ...]:
    return tuple(words(cell) for cell in row)


def words(element: Element) -> str:
    return folded("".join(element.itertext()))


class Reader:
    """Goes through the lines of a PDF once, checking that they are the given blocks and nothing else."""

    def __init__(self, pages: list[list[Line]], *, reference: str) -> None:
        for number, lines in enumerate(pages, start=1):
            if [line.text for line in lines[-2:]] != [reference, f"Page {number} of {len(pages)}"]:
                raise DocumentFault(f"The foot of page {number} of the PDF does not carry its reference and number.")
        self.pages = iter([lines[:-2] for lines in pages])
        self.lines: list[Line] = []
        self.at = 0

    def read(self, blocks: Sequence[Block]) -> None:
        for number, block in enumerate(blocks, start=1):
            if not self.found(block):
                raise DocumentFault(
                    f"The PDF does not say what its page says, in block {number} of {len(blocks)}. It was not issued."
                )
        if self.line() is not None or any(self.pages):
            raise DocumentFault("The PDF says more than its page says. It was not issued.")

    def found(self, block: Block) -> bool:
        """Reads one block, over as many pages as it takes."""
        read = [0] * len(block.cells)
        while True:
            if self.line() is None and not self.turn(block):
                return not any(block.cells)
            for number, cell in enumerate(block.cells):
                read[number] = self.part(cell, read[number])
            if all(at >= len(cell) for at, cell in zip(read, block.cells, strict=True)):
                return True
            if self.line() is not None:
                return False

    def part(self, cell: str, at: int) -> int:
        """Reads the lines of one cell on this page from `at`, and says how far it came. A line ends a word or breaks it."""
        x: bytes | None = None
        while (line := self.line()) and at < len(cell) and x in {None, line.x} and cell.startswith(line.text, at):
            x = line.x
            at += len(line.text)
            at += cell.startswith(" ", at)
            self.at += 1
        return at

    def line(self) -> Line | None:
        """The next line of this page."""
        return self.lines[self.at] if self.at < len(self.lines) else None

    def turn(self, block: Block) -> bool:
        """Turns to the next page, past the header that a table repeats there. False after the last."""
        for lines in self.pages:
            self.lines, self.at = lines, 0
            header = block.header
            if header and header != block.cells and not self.header(header):
                self.at = 0
            return True
        return False

    def header(self, header: tuple[str, ...]) -> bool:
        return all(self.part(cell, 0) >= len(cell) for cell in header)
