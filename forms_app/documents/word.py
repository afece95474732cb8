"""Makes the Word file of a document from its template, a file that is edited in Word: the service's, or a Board's own layout."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

from docx.document import Document as WordDocument
from docx.opc.rel import Relationships
from docxtpl import DocxTemplate
from jinja2 import Environment, Template, TemplateError

from forms_app.documents import placed, templates
from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.placed import Placed
from forms_app.documents.printed_charts import Chart, charts_of
from forms_app.documents.readback import compare, word_blocks
from forms_app.documents.unpacking import BODY

PROPERTIES = "docProps/core.xml"
RELATIONSHIPS = "word/_rels/document.xml.rels"
LANGUAGE = "en-GB"
TEXT = '<w:t xml:space="preserve">'
MOST_LAYOUTS = 24
"""How many Boards' layouts a process keeps compiled."""

# Relationships that a published file must not have: what an editor left behind, by the end of their type.
LEFT_BEHIND = (
    "/thumbnail",
    "/customXml",
    "/comments",
    "/commentsExtended",
    "/commentsIds",
    "/people",
    "/custom-properties",
    "/glossaryDocument",
    "/stylesWithEffects",
)

# A template has one picture with this description wherever a chart may come; it is filled like any other text.
CHART = "chart"
DRAWING = re.compile(r"<w:drawing>(?:(?!</w:drawing>).)*</w:drawing>", re.DOTALL)
SIZE = re.compile(r'cx="\d+" cy="\d+"')
EMBEDDED = re.compile(r'r:embed="[^"]*"')
PICTURE_ID = re.compile(r'(<wp:docPr id=")\d+"')
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
RELATIONSHIP, LAST = '<Relationship Id="{name}" Type="{kind}" Target="media/{name}.png"/>', "</Relationships>"
MILLIMETRE = 36_000
"""In the units in which Word measures pictures."""
COMMENT_MARKS = "//w:commentRangeStart | //w:commentRangeEnd | //w:r[w:commentReference]"
REVISIONS = "//w:ins | //w:del | //w:moveFrom | //w:moveTo"

CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"\
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>{author}</dc:creator>\
<cp:lastModifiedBy>{author}</cp:lastModifiedBy><dc:language>{language}</dc:language></cp:coreProperties>"""

APPLICATION = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>"""


@dataclass(frozen=True)
class Compiled:
    """A template ready to be filled: the parts with blanks, and a package of all the others."""

    parts: dict[str, Template]
    package: bytes
    relationships: str
    """What the body refers to: charts are added to it."""
    language: str = LANGUAGE


def make(kind: Kind, context: Value, layout: bytes | None = None) -> bytes:
    """The Word file, read back, with a Board's own layout if there is one. The same context and layout give the same bytes.

    Raises DocumentFault for an unknown or unfilled blank, for text that does not read back, and for a template that is unfit.
    """
    if layout is None:
        return proved(kind, context, fill(template(kind.template), kind, context))
    return laid_out(kind, context, own(layout))


def laid_out(kind: Kind, context: Value, compiled: Compiled) -> bytes:
    """The file with a Board's own layout, which may put texts in another order and beside its own words.

    So each text knows its place: every place was put in, and all that was put in is there to be read.
    """
    what = f"The Board’s own Word layout of the {kind.title.lower()}"
    put_in: list[Placed] = []
    values = placed.blanks(kind, context, put_in)
    parts: dict[str, bytes] = {}
    texts: dict[str, tuple[Placed, ...]] = {}
    for name, part in compiled.parts.items():
        parts[name] = filled(part, values, what)
        texts[name] = tuple(put_in)
        put_in.clear()
    docx = packed(compiled, parts, properties(context, compiled.language))
    placed.prove_complete(context, texts, what)
    for name, found in texts.items():
        placed.prove_readable(found, word_blocks(docx, name), what)
    return docx


def proved(kind: Kind, context: Value, docx: bytes) -> bytes:
    """The file, when it says what the context says."""
    compare(context, word_blocks(docx), where=f"The Word file of the {kind.title.lower()}")
    return docx


def fill(compiled: Compiled, kind: Kind, context: Value) -> bytes:
    values, what = templates.blanks(kind, context), f"The Word template of the {kind.title.lower()}"
    parts = {name: filled(part, values, what) for name, part in compiled.parts.items()}
    charts = [chart for chart in charts_of(context) if chart is not None]
    return packed(compiled, {**parts, **drawn(parts[BODY], charts)}, properties(context), charts)


def drawn(body: bytes, charts: Sequence[Chart]) -> dict[str, bytes]:
    """The body with each chart where the template has the picture of one, and the pictures themselves. The words are there already."""
    if not charts:
        return {}
    each = iter(enumerate(charts, start=1))

    def in_its_place(found: re.Match[str]) -> str:
        number, chart = next(each)
        size = f'cx="{chart.width_mm * MILLIMETRE}" cy="{chart.height_mm * MILLIMETRE}"'
        picture = EMBEDDED.sub(f'r:embed="{CHART}{number}"', SIZE.sub(size, found[0]))
        return PICTURE_ID.sub(rf'\g<1>{number}"', picture)

    pictures = {f"word/media/{CHART}{number}.png": chart.png for number, chart in enumerate(charts, start=1)}
    return {BODY: DRAWING.sub(in_its_place, body.decode()).encode(), **pictures}


def filled(part: Template, values: Mapping[str, object], what: str) -> bytes:
    """Raises DocumentFault."""
    try:
        return part.render(values).encode()
    except (TemplateError, UnicodeEncodeError) as fault:
        raise DocumentFault(f"{what} cannot be filled: {named(fault)}") from None


def packed(compiled: Compiled, parts: Mapping[str, bytes], properties: str, charts: Sequence[Chart] = ()) -> bytes:
    file = io.BytesIO(compiled.package)
    file.seek(0, io.SEEK_END)
    numbers = range(1, len(charts) + 1)
    added = "".join(RELATIONSHIP.format(name=f"{CHART}{number}", kind=IMAGE) for number in numbers)
    relationships = compiled.relationships.replace(LAST, f"{added}{LAST}")
    with zipfile.ZipFile(file, "a") as package:
        for name, content in parts.items():
            write(package, name, content)
        write(package, RELATIONSHIPS, relationships.encode())
        write(package, PROPERTIES, properties.encode())
    return file.getvalue()


def named(fault: Exception) -> str:
    """A template's own names are safe to repeat; anything else could hold a person's words."""
    return str(fault) if isinstance(fault, TemplateError) else "the text has a character that no file can hold."


def properties(context: Value, language: str = LANGUAGE) -> str:
    heading = templates.heading(context)
    return CORE.format(
        title=escape(f"{heading.title}, {heading.reference}"),
        author=escape(heading.board),
        language=language,
    )


def write(package: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Adds a part with the oldest date that the format knows, so that no file tells when or where it was packed."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    package.writestr(entry, content, compresslevel=1)


def put(text: str) -> str:
    """Line breaks and tabs as Word writes them, inside the run that the blank stands in."""
    return text.replace("\n", f"</w:t><w:br/>{TEXT}").replace("\t", f"</w:t><w:tab/>{TEXT}")


@cache
def environment() -> Environment:
    return templates.environment(put)


@cache
def layout_environment() -> Environment:
    return placed.environment(put)


@cache
def template(folder: str) -> Compiled:
    """The template in a folder, compiled once per process."""
    return compiled(templates.FOLDER / folder / "record.docx", environment())


@lru_cache(MOST_LAYOUTS)
def own(layout: bytes) -> Compiled:
    """A Board's own layout, compiled once per process."""
    return compiled_from(io.BytesIO(layout), "The Board’s own Word layout", layout_environment())


def compiled(path: Path, environment: Environment) -> Compiled:
    """A template as docxtpl understands it, without what an editor left behind. Raises DocumentFault for one that is unfit."""
    if not path.is_file():
        raise DocumentFault(f"The Word template {path} is missing. Restore it from the project.")
    with path.open("rb") as file:
        return compiled_from(file, f"The Word template {path}", environment)


def compiled_from(file: IO[bytes], what: str, environment: Environment) -> Compiled:
    word = DocxTemplate(file)
    word.init_docx()
    clean(word, what)
    try:
        parts = {name: environment.from_string(source) for name, source in sources(word).items()}
    except TemplateError as fault:
        raise DocumentFault(f"{what} cannot be understood: {fault}") from None
    relationships = bytes(word.docx.part.rels.xml).decode()
    return Compiled(parts, package_without(word, {*parts, RELATIONSHIPS, PROPERTIES}), relationships, language(word))


def sources(word: DocxTemplate) -> dict[str, str]:
    """What Jinja reads of each part with blanks: the text of the document, headers and footers."""
    found = {BODY: word.patch_xml(word.xml_to_string(word.docx.element))}
    for relationship in word.docx.part.rels.values():
        if relationship.reltype in {word.HEADER_URI, word.FOOTER_URI}:
            part = relationship.target_part
            found[str(part.partname)[1:]] = word.patch_xml(word.xml_to_string(part.element))
    return found


def language(word: DocxTemplate) -> str:
    """The language in which the document is written where it says no other."""
    said: list[str] = word.docx.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr/w:lang/@w:val")
    return said[0] if said else LANGUAGE


def clean(word: DocxTemplate, what: str) -> None:
    """Takes out what an editor left behind. Raises DocumentFault for what cannot simply be taken out."""
    document = word.docx
    if document.element.xpath(REVISIONS):
        raise DocumentFault(f"{what} has tracked changes. Accept or reject them all in Word and save it.")
    for mark in document.element.xpath(COMMENT_MARKS):
        mark.getparent().remove(mark)
    for relationships in (document.part.package.rels, document.part.rels):
        drop(relationships, what)


def drop(relationships: Relationships, what: str) -> None:
    for key, relationship in list(relationships.items()):
        if relationship.reltype.endswith(LEFT_BEHIND):
            del relationships[key]
        elif relationship.is_external:
            raise DocumentFault(f"{what} refers to a file outside itself. Take the link out in Word.")


def package_without(word: DocxTemplate, left_out: set[str]) -> bytes:
    """The package of a template with fixed dates and without the parts that are written for every document."""
    return repacked(word.docx, {**dict.fromkeys(left_out), "docProps/app.xml": APPLICATION.encode()})


def plain_package(document: WordDocument) -> bytes:
    """A layout that can be edited again, with fixed dates and with properties that say nothing of anybody."""
    _ = document.core_properties  # so that there are some
    said = CORE.format(title="Word layout", author="", language=LANGUAGE)
    return repacked(document, {PROPERTIES: said.encode()})


def repacked(document: WordDocument, instead: Mapping[str, bytes | None]) -> bytes:
    """The parts with other content, or None to leave one out."""
    saved, file = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(file, "w") as package:
        for name in source.namelist():
            content = instead[name] if name in instead else source.read(name)
            if content is not None:
                write(package, name, content)
    return file.getvalue()
