"""Makes the PDF of a document from its page: tagged for screen readers (PDF/UA-1), and fit to be kept (PDF/A-2a)."""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import page
from jinja2 import Environment, TemplateError
from weasyprint import CSS, HTML
from weasyprint.pdf.fonts import Font
from weasyprint.text.ffi import ffi, fontconfig, pangoft2
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from forms_app.documents import fonts, templates
from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.printed_charts import Chart, charts_of
from forms_app.documents.readback import Reader, compare, page_blocks, pdf_pages
from forms_app.documents.standards import OPTIONS, Identification, colours, name_headers

ffi.cdef("FcConfig * FcConfigCreate(void);")

PROFILE = "ua1"
STYLES = templates.FOLDER / "print.css"
CHART = "chart"
"""How the address of a chart of the document itself begins, in its page."""
# No ligatures: an accent inside one could not be read back. And a family that ends in a digit breaks its name in the PDF.
FONT_RULES = b"""<?xml version="1.0"?>
<fontconfig>
<match target="font"><edit name="fontfeatures" mode="assign"><string>liga 0</string><string>clig 0</string></edit></match>
<match target="scan">
<test name="family"><string>Noto Sans Symbols 2</string></test>
<edit name="family" mode="prepend"><string>Noto Sans Symbols</string></edit>
</match>
</fontconfig>"""
SELECTORS = re.compile("[\ufe00-\ufe0f]")

# The renderer, its fonts and its log are shared by all documents of a process, and made for one at a time.
ONE_AT_A_TIME = threading.RLock()


class OwnFilesOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Opens the service's own templates and styles, and the charts of the document. Anything else ends it, before anything is
    read or asked for.
    """

    def __init__(self, charts: Sequence[Chart | None] = ()) -> None:
        super().__init__()
        self.charts = {f"{CHART}:{number}": chart.png for number, chart in enumerate(charts) if chart is not None}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url in self.charts:
            return URLFetcherResponse(url, self.charts[url], {"Content-Type": "image/png"})
        parts = urlsplit(url)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc or not path.is_relative_to(templates.FOLDER):
            raise FatalURLFetchingError
        return URLFetcherResponse(url, path.read_bytes())


class OwnFontsOnly(FontConfiguration):  # type: ignore[misc]  # WeasyPrint has no types
    """Knows our own fonts and none of the machine's, so that every machine prints alike and misses the same.

    They are used where they are: from `@font-face` they would be copied into a temporary folder, which a killed process
    leaves behind. And they are told here to draw no ligatures: told by the style sheet, WeasyPrint would lose some memory
    for each line that it draws.
    """

    def __init__(self) -> None:
        super().__init__()
        self._config = config = fontconfig.FcConfigCreate()
        font_map = ffi.cast("PangoFcFontMap *", self.font_map)
        fontconfig.FcConfigParseAndLoadFromMemory(config, FONT_RULES, True)
        for path in fonts.paths():
            if not fontconfig.FcConfigAppFontAddFile(config, str(path).encode()):
                raise DocumentFault(f"The font {path} cannot be read. Run script/assets, which puts it there.")
        pangoft2.pango_fc_font_map_set_config(font_map, config)
        fontconfig.FcConfigDestroy(config)  # the font map keeps it


class Warnings(logging.Handler):
    """Keeps what WeasyPrint warns of, without the values: these could be a person's words."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(str(record.msg))


def make(kind: Kind, context: Value) -> bytes:
    """The PDF, valid and read back. The same context gives the same bytes.

    Raises DocumentFault for an unknown or unfilled blank, any warning of the renderer, anything it asks for from outside our
    own folders, a PDF that is not PDF/UA-1, and text that does not read back.
    """
    return proved(kind, context, filled(kind, context))


def filled(kind: Kind, context: Value) -> str:
    """The page with its blanks filled."""
    try:
        return environment().get_template(f"{kind.template}/page.html").render(templates.blanks(kind, context))
    except TemplateError as fault:
        raise DocumentFault(f"The page of the {kind.title.lower()} cannot be filled: {fault}") from None


def proved(kind: Kind, context: Value, source: str) -> bytes:
    """The PDF of a filled page, checked."""
    html, pdf = render(source, charts_of(context))
    validate(pdf)
    blocks = list(page_blocks(html.etree_element))
    compare(context, [cell for block in blocks for cell in block.cells], where=f"The page of the {kind.title.lower()}")
    Reader(pdf_pages(pdf), reference=templates.heading(context).reference).read(blocks)
    return pdf


def render(source: str, charts: Sequence[Chart | None] = ()) -> tuple[HTML, bytes]:
    with ONE_AT_A_TIME, no_warnings():
        font_configuration, styles = shared()
        try:
            html = HTML(string=source, base_url=str(templates.FOLDER), url_fetcher=OwnFilesOnly(charts))
            document = html.render(
                font_config=font_configuration, stylesheets=[styles], color_profiles=colours(), **OPTIONS
            )
            document.fonts = DocumentFonts()
            document.metadata = Identification(**vars(document.metadata))
            return html, document.write_pdf(finisher=name_headers, **OPTIONS)
        except FatalURLFetchingError:
            raise DocumentFault(
                "The page of a document asks for a file outside the service's own. It was not fetched; take it out of the template."
            ) from None


def validate(pdf: bytes) -> None:
    """Raises DocumentFault with the broken rules of PDF/UA-1."""
    report = page.validate_pdf_bytes(pdf, profile=PROFILE)
    if not report.is_compliant:
        rules = ", ".join(sorted({failure.rule_id for failure in report.failures}))
        raise DocumentFault(
            f"The PDF is not accessible (PDF/UA-1) and was not issued. Put right in its template: {rules}."
        )


def put(text: str) -> str:
    """Tabs as spaces; without selectors of drawings, which hide the text of a symbol that is made of several."""
    return SELECTORS.sub("", text.replace("\t", "    "))


@cache
def environment() -> Environment:
    return templates.environment(put)


@cache
def shared() -> tuple[FontConfiguration, CSS]:
    """One font configuration and one style sheet for the life of the process."""
    fonts.coverage()
    configuration = OwnFontsOnly()
    return configuration, CSS(filename=STYLES, font_config=configuration, url_fetcher=OwnFilesOnly())


@contextmanager
def no_warnings() -> Iterator[None]:
    logger, warnings = logging.getLogger("weasyprint"), Warnings()
    logger.addHandler(warnings)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(warnings)
    if warnings.kept:
        raise DocumentFault(f"The renderer warned and the PDF was not issued: {'; '.join(sorted(set(warnings.kept)))}")


class DocumentFonts(dict[object, Font]):
    """The fonts of one PDF, each of which tells truly what its glyphs stand for."""

    def __setitem__(self, key: object, font: Font) -> None:
        font.to_unicode = GlyphTexts(font.file_content)
        super().__setitem__(key, font)


class GlyphTexts(dict[int, str]):
    """What each glyph of a font stands for, for search, screen readers and reading back.

    WeasyPrint gives the whole text of a letter that takes several glyphs to the last of them, and nothing to the others, so that
    the ễ of Nguyễn, or a ọ with an accent, reads as something else wherever one of the glyphs comes again.
    """

    def __init__(self, font_file: bytes) -> None:
        super().__init__()
        name = fonts.name_of(font_file)
        self.letters, self.glyphs = fonts.letters(name), fonts.glyphs(name)

    def __setitem__(self, glyph: int, text: str) -> None:
        letter = self.letters.get(glyph, text)
        own = len(text) == 1 and self.glyphs.get(ord(text)) == glyph
        ligature = text != "" and unicodedata.normalize("NFKC", letter) == text
        super().__setitem__(glyph, text if own or ligature else letter)
