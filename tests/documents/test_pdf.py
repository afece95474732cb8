"""The fences of the PDF, each with what happens without it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pypdf
import pytest
from jinja2 import Environment
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError

from forms_app.documents import fonts, pdf, templates
from forms_app.documents.catalogue import KINDS
from forms_app.documents.faults import DocumentFault
from forms_app.documents.printable import alphabet
from tests.documents.examples import HARD, PLAIN

NOTICE = KINDS["notice_to_board"]


def page(content: str, *, head: str = "<title>A test</title>", language: str = ' lang="en-GB"') -> str:
    return f"<!DOCTYPE html><html{language}><head>{head}</head><body><h1>A test</h1>{content}</body></html>"


def bare(source: str, **options: object) -> bytes:
    """As WeasyPrint does it when it is not held, but with our fonts."""
    configuration, styles = pdf.shared()
    made: bytes = HTML(string=source).write_pdf(font_config=configuration, stylesheets=[styles], **options)
    return made


@contextmanager
def a_server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_without_escaping_the_change_is_caught_before_issue() -> None:
    context = PLAIN["notice_to_board"].model_copy(update={"reason": "Seen <2 hrs & <b>no home</b> visit"})
    source = pdf.filled(NOTICE, context)
    unescaped = source.replace("&lt;", "<").replace("&gt;", ">")

    assert pdf.proved(NOTICE, context, source)
    with pytest.raises(DocumentFault):
        pdf.proved(NOTICE, context, unescaped)


def test_an_unknown_blank_is_a_fault_and_without_strictness_prints_nothing() -> None:
    with pytest.raises(Exception, match="'nobody' is undefined"):
        pdf.environment().from_string("({{ nobody }})").render()

    assert Environment(autoescape=True).from_string("({{ nobody }})").render() == "()"


@pytest.mark.parametrize(
    "source", ["file:///etc/hostname", "file://elsewhere/x.png", "ftp://127.0.0.1/x", "data:image/png;base64,AAAA"]
)
def test_nothing_outside_our_folders_is_opened(source: str) -> None:
    with pytest.raises(DocumentFault, match="was not fetched"):
        pdf.render(page(f'<p><img alt="" src="{source}"></p>'))


@pytest.mark.parametrize(
    "path", ["../forms_app/settings.py", "..%2F..%2Fetc/hostname", "print.css/../../pyproject.toml"]
)
def test_no_path_leads_out_of_our_folders(path: str) -> None:
    with pytest.raises(DocumentFault, match="was not fetched"):
        pdf.render(page(f'<p><img alt="" src="{path}"></p>'))


def test_no_connection_is_made_and_without_the_fence_one_is() -> None:
    with a_server() as (address, asked):
        content = page(f'<p><img alt="" src="{address}/x.png"></p>')
        with pytest.raises(DocumentFault, match="was not fetched"):
            pdf.render(content)
        assert asked == []

        bare(content)
        assert asked == ["/x.png"]


def test_the_refusal_of_the_fetcher_passes_ordinary_handlers() -> None:
    """Why it is caught by name where the PDF is made."""
    assert not issubclass(FatalURLFetchingError, Exception)
    assert issubclass(DocumentFault, Exception)


def test_a_warning_of_the_renderer_is_a_fault_that_repeats_nothing() -> None:
    content = page('<p style="colour: Marchbank">Text</p>')

    assert bare(content)
    with pytest.raises(DocumentFault, match="renderer warned") as caught:
        pdf.render(content)
    assert "Marchbank" not in str(caught.value)


def test_the_pdf_is_valid_and_plain_weasyprint_is_not() -> None:
    with pytest.raises(DocumentFault, match="PDFUA1-"):
        pdf.validate(bare(pdf.filled(NOTICE, PLAIN["notice_to_board"])))

    pdf.validate(pdf.make(NOTICE, PLAIN["notice_to_board"]))


def test_a_page_without_title_or_language_is_refused() -> None:
    with pytest.raises(DocumentFault):
        pdf.validate(pdf.render(page("<p>Text</p>", head=""))[1])
    with pytest.raises(DocumentFault):
        pdf.validate(pdf.render(page("<p>Text</p>", language=""))[1])


@pytest.mark.parametrize("code", KINDS)
def test_the_properties_hold_no_text_of_a_person(code: str) -> None:
    read = pypdf.PdfReader(io.BytesIO(pdf.make(KINDS[code], PLAIN[code])))

    assert read.metadata == {
        "/Producer": "WeasyPrint 70.0",
        "/Title": "Written account of the concern, BRK-2026-0001",
        "/Author": "Brackenshire Safeguarding Children Partnership",
    }
    assert read.root_object["/Lang"] == "en-GB"
    assert read.root_object["/MarkInfo"] == {"/Marked": True}
    for name in ("Marchbank", "Ashdown", "Fallowfield"):
        assert name.encode() not in read.root_object["/Metadata"].get_data()


@pytest.mark.parametrize("code", KINDS)
def test_every_page_has_the_reference_and_its_number(code: str) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.make(KINDS[code], HARD[code]))).pages]

    for number, text in enumerate(pages, start=1):
        assert "".join(text.split()).endswith(f"BRK-2026-0001Page{number}of{len(pages)}")


def test_all_fonts_are_ours() -> None:
    used = set()
    for one in pypdf.PdfReader(io.BytesIO(pdf.make(NOTICE, HARD["notice_to_board"]))).pages:
        used |= {font["/BaseFont"].partition("+")[2] for font in one["/Resources"]["/Font"].values()}

    assert used <= {"Noto-Sans", "Noto-Sans-Bold", "Noto-Emoji", "Noto-Sans-Symbols", "Noto-Sans-Math"}


def test_a_font_that_is_not_ours_is_a_fault() -> None:
    with pytest.raises(DocumentFault, match="from outside"):
        pdf.DocumentFonts()["key"] = type("Font", (), {"file_content": b"other"})()


def test_a_missing_font_is_a_fault_that_says_what_to_do() -> None:
    with pytest.raises(DocumentFault, match="Run script/assets"):
        fonts.opened("NotThere.ttf")


def test_a_letter_of_several_glyphs_reads_back_and_without_our_fonts_does_not() -> None:
    source = page("<p>Nguyễn</p><p>Adébáyọ̀</p>")

    pdf.validate(pdf.render(source)[1])
    with pytest.raises(DocumentFault, match="UNICODE-MAPPING"):
        pdf.validate(bare(source, pdf_variant="pdf/ua-1"))


def test_a_character_that_no_font_has_is_refused_by_the_validator_too() -> None:
    assert "王" not in alphabet()
    with pytest.raises(DocumentFault, match="NOTDEF"):
        pdf.validate(bare(page("<p>王</p>"), pdf_variant="pdf/ua-1"))


def test_a_long_word_stays_on_the_page() -> None:
    _, made = pdf.render(page(f'<p class="answer">{"W" * 160}</p>'))
    lines = pdf.pdf_pages(made)[0]

    assert len([line for line in lines if set(line.text) == {"W"}]) > 2


def test_all_templates_of_pages_use_only_what_their_contexts_have() -> None:
    for code, kind in KINDS.items():
        assert pdf.filled(kind, HARD[code])
        assert (templates.FOLDER / kind.template / "page.html").is_file()
