"""Makes the web version of a document: the content of its PDF as a part of a page, proved to say what was recorded."""

from __future__ import annotations

from lxml import html  # type: ignore[import-untyped]
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.readback import compare, page_blocks, words

ELEMENTS = {
    "article", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"aria-label", "class", "lang", "role", "scope", "tabindex"}
"""Nothing else can stand in a web version: so nothing in it can run, fetch, lead anywhere or bring a style along."""
HEADINGS = {"h1", "h2", "h3", "h4"}


def make(kind: Kind, context: Value, source: str) -> bytes:
    """The web version from the filled page of a PDF, heading included. The same page gives the same bytes.

    Raises DocumentFault for anything that a web version cannot have, and for text that does not read back.
    """
    page = html.document_fromstring(source)
    content = page.body
    content.tag, content.attrib["lang"] = "article", page.get("lang")
    _leave_out_paper(content)
    _let_wide_tables_scroll(content)
    made: bytes = html.tostring(content, encoding="unicode", with_tail=False).encode()
    prove(kind, context, made)
    return made


def prove(kind: Kind, context: Value, made: bytes) -> None:
    where = f"The web version of the {kind.title.lower()}"
    read = html.fragment_fromstring(made.decode())
    for element in read.iter():
        unknown = [str(element.tag)] if element.tag not in ELEMENTS else sorted(set(element.attrib) - ATTRIBUTES)
        if unknown:
            raise DocumentFault(f"{where} cannot have “{unknown[0]}”. Take it out of the template.")
    compare(context, [cell for block in page_blocks(read) for cell in block.cells], where=where)


def _leave_out_paper(content: HtmlElement) -> None:
    """Without the widths of columns, the room to write by hand, and charts, which say nothing that their tables do not."""
    for element in content.xpath(
        ".//colgroup | .//div[contains(concat(' ', @class, ' '), ' room ')] | .//p[@class='chart']"
    ):
        element.drop_tree()


def _let_wide_tables_scroll(content: HtmlElement) -> None:
    """A table of several columns scrolls in a part of its own, which the keyboard reaches; it is called as what it stands under."""
    called = ""
    for element in list(content.iter()):
        if element.tag in HEADINGS:
            called = words(element)
        elif element.tag == "table" and element.find("thead") is not None:
            part = html.Element("div", {"class": "wide", "role": "group", "tabindex": "0", "aria-label": called})
            element.addprevious(part)
            part.append(element)
