"""The web version says what was recorded, holds nothing but words, headings and tables, and cannot be made otherwise."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from forms_app.documents import pdf, web_version
from forms_app.documents.catalogue import KINDS
from forms_app.documents.contexts import AcknowledgementSheet, Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.wording import folded, said
from tests.documents.examples import CONTENTS, HARD, PLAIN
from tests.documents.files import EVERY

NOTICE = KINDS["notice_to_board"]
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7191 * 7 }} {% include 'base.html' %}",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    "</td></tr></table></article><h1>Another</h1>",
    "<!-- gone? --> <![CDATA[ x ]]> ]]> -->",
    "<style>body{display:none}</style>",
    "'\"`=<>/ style=color:red",
)


class Leaves(HTMLParser):
    """Headings, paragraphs, lines of lists and cells, by another reader than the service's."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.names: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names += [value for name, value in attrs if name == "aria-label"]
        self.tags.append(tag)
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def leaves(made: bytes) -> list[str]:
    reader = Leaves()
    reader.feed(made.decode())
    reader.close()
    return [folded(text) for text in reader.texts]


def made(context: Value, code: str = "notice_to_board") -> bytes:
    return web_version.make(KINDS[code], context, pdf.filled(KINDS[code], context))


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_another_reader_finds_every_text_in_order(content: str, code: str) -> None:
    found = iter(leaves(made(CONTENTS[content][code], code)))

    missing = [text.place for text in said(CONTENTS[content][code]) if folded(text.text) not in found]

    assert missing == []


@pytest.mark.parametrize(("content", "code"), EVERY)
def test_it_is_a_part_of_a_page_with_one_heading_above_the_others(content: str, code: str) -> None:
    page = made(CONTENTS[content][code], code).decode()

    assert page.startswith('<article lang="en-GB">')
    assert page.endswith("</article>")
    assert page.count("<h1>") == 1
    assert not re.findall(r"<(?:html|head|body|style|script|link|meta|img|a|col|colgroup|form|input)\b", page)
    assert not re.findall(r"<[^>]* (?:style|id|href|src|on\w+)=", page)


@pytest.mark.parametrize("code", [code for code in KINDS if not KINDS[code].is_blank])
def test_a_table_of_several_columns_can_scroll_and_says_what_it_is(code: str) -> None:
    page = made(HARD[code], code).decode()

    wide = re.findall(r'<div class="wide" role="group" tabindex="0" aria-label="([^"]+)"><table', page)

    assert len(wide) == page.count("<thead>")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = made(PLAIN["notice_to_board"].model_copy(update={"reason": text}))
    reader = Leaves()
    reader.feed(page.decode())

    assert folded(text) in leaves(page)
    assert reader.tags == tags_of(made(PLAIN["notice_to_board"]))


def tags_of(page: bytes) -> list[str]:
    reader = Leaves()
    reader.feed(page.decode())
    return reader.tags


def test_hostile_text_in_a_heading_stays_text_in_what_a_table_is_called() -> None:
    sheet = PLAIN["acknowledgement_sheet"]
    assert isinstance(sheet, AcknowledgementSheet)
    asked = next(person for person in sheet.people if person.choices)
    people = (asked.model_copy(update={"name": HOSTILE[1]}),)
    page = made(sheet.model_copy(update={"people": people}), "acknowledgement_sheet")

    reader = Leaves()
    reader.feed(page.decode())
    assert HOSTILE[1] in reader.names
    assert "img" not in reader.tags


def test_without_escaping_nothing_is_made() -> None:
    context = PLAIN["notice_to_board"].model_copy(update={"reason": "<script>alert(1)</script> seen <2 hrs"})
    source = pdf.filled(NOTICE, context)

    assert web_version.make(NOTICE, context, source)
    with pytest.raises(DocumentFault):
        web_version.make(NOTICE, context, source.replace("&lt;", "<").replace("&gt;", ">"))


@pytest.mark.parametrize(
    "part",
    [
        "<script>x</script>",
        '<p style="color: red">x</p>',
        '<p id="x">x</p>',
        '<p><a href="/x">x</a></p>',
        "<p><b>x</b></p>",
    ],
)
def test_what_a_web_version_cannot_have_is_refused(part: str) -> None:
    context = PLAIN["notice_to_board"]
    source = pdf.filled(NOTICE, context)

    with pytest.raises(DocumentFault, match=r"^The web version of the notice to the board cannot have “"):
        web_version.make(NOTICE, context, source.replace("</body>", f"{part}</body>"))


def test_the_page_of_another_context_is_found() -> None:
    context = PLAIN["notice_to_board"]
    other = context.model_copy(update={"reason": "Another reason."})

    with pytest.raises(DocumentFault, match="reason is missing"):
        web_version.make(NOTICE, other, pdf.filled(NOTICE, context))


@pytest.mark.parametrize("code", HARD)
def test_the_same_context_gives_the_same_bytes(code: str) -> None:
    assert made(HARD[code], code) == made(HARD[code], code)
