"""Makes the Word file of a document from its template, a file that is edited in Word."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from docx.opc.rel import Relationships
from docxtpl import DocxTemplate
from jinja2 import Environment, Template, TemplateError

from forms_app.documents import templates
from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.readback import compare, word_blocks

BODY = "word/document.xml"
PROPERTIES = "docProps/core.xml"
LANGUAGE = "en-GB"
TEXT = '<w:t xml:space="preserve">'

# Relationships that a published file must not have: what an editor left behind, by the end of their type.
LEFT_BEHIND = (
    "/thumbnail",
    "/customXml",
    "/comments",
    "/commentsExtended",
    "/commentsIds",
    "/people",
    "/custom-properties",
)
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


def make(kind: Kind, context: Value) -> bytes:
    """The Word file, read back. The same context gives the same bytes.

    Raises DocumentFault for an unknown or unfilled blank, for text that does not read back, and for a template that is unfit.
    """
    return proved(kind, context, fill(template(kind.template), kind, context))


def proved(kind: Kind, context: Value, docx: bytes) -> bytes:
    """The file, when it says what the context says."""
    compare(context, word_blocks(docx), where=f"The Word file of the {kind.title.lower()}")
    return docx


def fill(compiled: Compiled, kind: Kind, context: Value) -> bytes:
    values = templates.blanks(kind, context)
    try:
        parts = {name: part.render(values).encode() for name, part in compiled.parts.items()}
    except (TemplateError, UnicodeEncodeError) as fault:
        raise DocumentFault(f"The Word template of the {kind.title.lower()} cannot be filled: {named(fault)}") from None
    parts[PROPERTIES] = properties(context).encode()
    file = io.BytesIO(compiled.package)
    file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file, "a") as package:
        for name, content in parts.items():
            write(package, name, content)
    return file.getvalue()


def named(fault: Exception) -> str:
    """A template's own names are safe to repeat; anything else could hold a person's words."""
    return str(fault) if isinstance(fault, TemplateError) else "the text has a character that no file can hold."


def properties(context: Value) -> str:
    heading = templates.heading(context)
    return CORE.format(
        title=escape(f"{heading.title}, {heading.reference}"),
        author=escape(heading.board),
        language=LANGUAGE,
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
def template(folder: str) -> Compiled:
    """The template in a folder, compiled once per process."""
    return compiled(templates.FOLDER / folder / "record.docx", environment())


def compiled(path: Path, environment: Environment) -> Compiled:
    """A template as docxtpl understands it, without what an editor left behind. Raises DocumentFault for one that is unfit."""
    if not path.is_file():
        raise DocumentFault(f"The Word template {path} is missing. Restore it from the project.")
    word = DocxTemplate(path)
    word.init_docx()
    clean(word, path)
    sources = {BODY: word.patch_xml(word.xml_to_string(word.docx.element))}
    for relationship in word.docx.part.rels.values():
        if relationship.reltype in {word.HEADER_URI, word.FOOTER_URI}:
            part = relationship.target_part
            sources[str(part.partname)[1:]] = word.patch_xml(word.xml_to_string(part.element))
    try:
        parts = {name: environment.from_string(source) for name, source in sources.items()}
    except TemplateError as fault:
        raise DocumentFault(f"The Word template {path} cannot be understood: {fault}") from None
    return Compiled(parts, package_without(word, {*parts, PROPERTIES}))


def clean(word: DocxTemplate, path: Path) -> None:
    """Takes out what an editor left behind. Raises DocumentFault for what cannot simply be taken out."""
    document = word.docx
    if document.element.xpath(REVISIONS):
        raise DocumentFault(
            f"The Word template {path} has tracked changes. Accept or reject them all in Word and save it."
        )
    for mark in document.element.xpath(COMMENT_MARKS):
        mark.getparent().remove(mark)
    for relationships in (document.part.package.rels, document.part.rels):
        drop(relationships, path)


def drop(relationships: Relationships, path: Path) -> None:
    for key, relationship in list(relationships.items()):
        if relationship.reltype.endswith(LEFT_BEHIND):
            del relationships[key]
        elif relationship.is_external:
            raise DocumentFault(f"The Word template {path} refers to a file outside itself. Take the link out in Word.")


def package_without(word: DocxTemplate, left_out: set[str]) -> bytes:
    """The package of a template with fixed dates and without the parts that are written for every document."""
    saved, file = io.BytesIO(), io.BytesIO()
    word.docx.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(file, "w") as package:
        for name in source.namelist():
            if name not in left_out:
                write(package, name, APPLICATION.encode() if name == "docProps/app.xml" else source.read(name))
    return file.getvalue()
