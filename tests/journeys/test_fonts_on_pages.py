"""What people typed looks on every page as it does in documents: drawn with our own fonts, and with none of the machine's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route

from forms_app.documents import fonts
from forms_app.documents.printable import alphabet
from forms_app.documents.wording import folded
from tests.documents.test_printable import PRINTABLE

BUILD = fonts.FOLDER.parent
ADDRESS = "http://127.0.0.1:9/"
OVER_A_LETTER = {chr(code) for code in (0x20D0, 0x20D1, 0x20D6, 0x20D7, 0x20DB, 0x20DC, 0x20E1)}
"""Arrows and dots over letters, for mathematics: a browser asks for one font that has both the letter and the arrow."""


def written() -> list[str]:
    """Every character that may stand in a document, and words of many languages."""
    letters = sorted(letter for letter in alphabet() - OVER_A_LETTER if folded(letter))
    return [f"o{one}" if unicodedata.category(one) in {"Mn", "Me"} else one for one in letters] + [*PRINTABLE.values()]


class Sheet:
    """A page of one paragraph, in the styles of the service."""

    def __init__(self, page: Page) -> None:
        self.page, self.asked = page, set[str]()
        page.route("**/*", self.serve)
        self.devtools: CDPSession = page.context.new_cdp_session(page)

    def serve(self, route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        self.asked.add(Path(name).name)
        if name:
            route.fulfill(path=BUILD / name)
        else:
            route.fulfill(body=self.body, content_type="text/html; charset=utf-8")

    def show(self, text: str, element: str) -> None:
        self.body = (
            '<!DOCTYPE html><html lang="en-GB"><head><title>Fonts</title><link rel="stylesheet" href="site.css"></head>'
            f'<body class="govuk-template__body"><p class="govuk-body"><{element}>{escape(text)}</{element}></p></body></html>'
        )
        self.asked.clear()
        self.page.goto(ADDRESS)
        self.page.evaluate("document.fonts.ready")

    def drawn_with(self) -> dict[str, bool]:
        """The fonts that drew the text, and whether each came from us."""
        self.devtools.send("DOM.enable")
        self.devtools.send("CSS.enable")
        root = self.devtools.send("DOM.getDocument")["root"]["nodeId"]
        node = self.devtools.send("DOM.querySelector", {"nodeId": root, "selector": "p > *"})["nodeId"]
        found = self.devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        return {font["familyName"]: font["isCustomFont"] for font in found}


@pytest.fixture
def sheet(chromium: Browser) -> Iterator[Sheet]:
    context = chromium.new_context()
    yield Sheet(context.new_page())
    context.close()


@pytest.mark.parametrize("element", ["span", "strong"])
def test_every_character_of_documents_is_drawn_with_our_own_fonts(sheet: Sheet, element: str) -> None:
    sheet.show(" ".join(written()), element)

    assert sheet.drawn_with() == {
        "Noto Sans": True,
        "Noto Emoji": True,
        "Noto Sans Symbols 2": True,
        "Noto Sans Math": True,
    }


def test_a_letter_that_no_document_prints_is_not_ours(sheet: Sheet) -> None:
    """Otherwise the test above would not show anything."""
    sheet.show("Mr 王", "span")

    assert not all(sheet.drawn_with().values())


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("Llŷr Gŵyn, Adébáyọ̀, Nguyễn Thị Ánh, Łódź, Ελληνικά, Їжак: £ € ½ ° – “quoted”", set()),
        ("Seen 👍🏽 at home", {"NotoEmoji-Regular.woff2"}),
        ("Done ✗", {"NotoSansSymbols2-Regular.woff2"}),
        ("Risk ∝ time", {"NotoSansMath-Regular.woff2"}),
    ],
)
def test_a_page_loads_no_font_that_it_does_not_need(sheet: Sheet, text: str, loaded: set[str]) -> None:
    sheet.show(text, "span")

    assert {name for name in sheet.asked if name.endswith("woff2")} == {"NotoSans-Regular.woff2", *loaded}
