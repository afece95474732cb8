"""A Board's own Word layout: everything that is wrong with one is said at once, in plain words, before it is let in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.opc.rel import Relationships
from docxtpl import DocxTemplate
from lxml import etree  # type: ignore[import-untyped]
from PIL import Image, UnidentifiedImageError

from forms_app.documents import tags, unpacking, word
from forms_app.documents.catalogue import Kind
from forms_app.documents.faults import DocumentFault
from forms_app.documents.invented import How, invented
from forms_app.documents.tags import Paragraph
from forms_app.documents.unpacking import BODY, FILLED, NOTES, WORD, Package, Unfit

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
VML = "{urn:schemas-microsoft-com:vml}"
OFFICE = "{urn:schemas-microsoft-com:office:office}"
DECORATIVE = "{http://schemas.microsoft.com/office/drawing/2017/decorative}decorative"

COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

HIDES = (f"{W}vanish", f"{W}specVanish", f"{W}webHidden", f"{W}hidden")
"""The last hides a row of a table; of a style it says that Word does not list it, and is not looked for there."""
STYLED = (f"{W}pStyle", f"{W}rStyle", f"{W}tblStyle")
SMALLEST_POINTS = 6
LANGUAGES = ("en-GB", "cy", "cy-GB")
FIELD_CODES = ("PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES")
MOST_FAULTS = 100
MOST_PICTURES = 10
LARGEST_PICTURE = 1_000_000
MOST_PIXELS = 12_000_000
PICTURE_FORMATS = ("PNG", "JPEG")
NOT_A_PICTURE = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
OFF = ("0", "false", "off")
ADDRESS = re.compile(r"^\s*([a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
TAG_ANYWHERE = re.compile(r"\{[{%#]|[}%#]\}")
CHANGES = (
    "ins",
    "del",
    "moveFrom",
    "moveTo",
    "rPrChange",
    "pPrChange",
    "tblPrChange",
    "trPrChange",
    "tcPrChange",
    "sectPrChange",
)
REVISION_IDS = re.compile(r"\}(rsid\w*|paraId|textId)$")


@dataclass(frozen=True)
class Checked:
    """A layout that is fit to be used, or all that is wrong with it. Never both."""

    layout: bytes
    faults: tuple[str, ...]


def checked(kind: Kind, content: bytes) -> Checked:
    """Looks at an uploaded file from the outside to the inside, and gives it back without what an editor left in it."""
    try:
        package = unpacking.unpacked(content)
        faults = (*_of_file(package), *_of_fields(kind, package))
    except Unfit as fault:
        faults = (str(fault),)
    if len(faults) > MOST_FAULTS:
        faults = (*faults[:MOST_FAULTS], "There is more to change. Put these right first.")
    return Checked(b"", faults) if faults else _tried(kind, content)


def _tried(kind: Kind, content: bytes) -> Checked:
    try:
        layout = tidied(content)
        faults = tuple(_of_trial(kind, layout))
    except Exception:  # noqa: BLE001 - whatever the libraries stumble over is a fault of the file
        faults, layout = (f"The file is not as Word writes it. {unpacking.START}",), b""
    return Checked(b"", faults) if faults else Checked(layout, ())


def sample(kind: Kind, layout: bytes | None, how: How) -> bytes:
    """An invented document with this layout, or with the service's own. Raises DocumentFault."""
    return word.make(kind, invented(kind, how), layout)


# --- what the file has in it ---


def _of_file(package: Package) -> tuple[str, ...]:
    looks: tuple[Callable[[Package], Iterator[str]], ...] = (
        _of_changes,
        _of_active_content,
        _of_field_codes,
        _of_hidden_text,
        _of_pictures,
        _of_language,
        _of_headings,
        _of_tables,
    )
    return tuple(fault for look in looks for fault in look(package))


def _of_changes(package: Package) -> Iterator[str]:
    names = {f"{W}{change}" for change in CHANGES}
    if any(element.tag in names for _, root in package.of(*FILLED, *NOTES) for element in root.iter()):
        yield "The file has tracked changes. In Word choose Review > Accept > Accept All Changes and Stop Tracking."
    commented = any(root.find(f"{W}comment") is not None for _, root in package.of(unpacking.COMMENTS))
    marked = any(next(root.iter(f"{W}commentReference"), None) is not None for _, root in package.of(*FILLED))
    if commented or marked:
        yield "The file has comments. In Word choose Review > Delete > Delete All Comments in Document."


def _of_active_content(package: Package) -> Iterator[str]:
    """What brings in or runs something, also where no relationship says so."""
    found = {element.tag for _, root in package.of(*FILLED, *NOTES, f"{WORD}settings+xml") for element in root.iter()}
    if found & {f"{W}object", f"{W}control", f"{OFFICE}OLEObject"}:
        yield "The file has an embedded object or a control. Delete it in Word."
    if found & {f"{W}altChunk", f"{W}subDoc"}:
        yield "The file takes in another document. Copy its text into this one instead."
    if found & {f"{W}mailMerge"}:
        yield "The file is set up for a mail merge. Choose Mailings > Start Mail Merge > Normal Word Document."
    if found & {f"{W}attachedTemplate"}:
        yield "The file is attached to a template. Choose Developer > Document Template and detach it."
    if found & {f"{W}dataBinding"}:
        yield "The file has a content control that is bound to data. Right-click it and choose Remove Content Control."
    if any(_leads_out(element) for _, root in package.of(*FILLED, *NOTES) for element in root.iter()):
        yield "The file refers to something outside itself. Take the link or the linked picture out in Word."


def _leads_out(element: Any) -> bool:
    names = ("src", "href", "link")
    return any(name.rpartition("}")[2] in names and ADDRESS.match(value) for name, value in element.attrib.items())


def _of_field_codes(package: Package) -> Iterator[str]:
    """Word's own fields: only those that count pages. Others bring in files, ask for data or run programs."""
    odd = {
        code.split()[0].upper()
        for _, root in package.of(*FILLED, *NOTES)
        for code in _field_codes(root)
        if code.split() and code.split()[0].upper() not in FIELD_CODES
    }
    if odd:
        names = " and ".join(sorted(name[:30] for name in odd))
        yield (
            f"The file has a field of Word’s own that a layout may not have: {names}. "
            "Click in it, press Ctrl+Shift+F9 to turn it into plain text, or delete it. Page numbers can stay."
        )


def _field_codes(root: Any) -> Iterator[str]:
    """Each field's code in full: Word may keep it in pieces, and one field inside another."""
    yield from (element.get(f"{W}instr", "") for element in root.iter(f"{W}fldSimple"))
    open_ones: list[str] = []
    for element in root.iter(f"{W}fldChar", f"{W}instrText", f"{W}delInstrText"):
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            open_ones.append("")
        elif kind in ("separate", "end"):
            if open_ones:
                yield open_ones.pop()
            if kind == "separate":
                open_ones.append("")
        elif kind is None:
            text = element.text or ""
            if open_ones:
                open_ones[-1] += text
            else:
                yield text or "?"
    yield from open_ones


def _of_hidden_text(package: Package) -> Iterator[str]:
    styles = [root for _, root in package.of(f"{WORD}styles+xml")]
    roots = [root for _, root in package.of(*FILLED)]
    if any(_is_on(element) for root in roots for element in root.iter(*HIDES)) or _is_hidden_by_style(styles, roots):
        yield "The file has hidden text. Select all (Ctrl+A), choose Home > Font, and untick Hidden."
    if any(_says_two_things(each) for root in roots for each in root.iter(f"{COMPATIBLE}AlternateContent")):
        yield "The file has a text box that says one thing in new Word and another in old. Delete it, and type its words as text."
    runs = (run for root in roots for run in root.iter(f"{W}r") if run.find(f"{W}t") is not None)
    if any(_is_too_small(size) for each in (*styles, *runs) for size in each.iter(f"{W}sz")):
        yield f"The file has text smaller than {SMALLEST_POINTS} points, which nobody can read. Make it larger."


def _is_hidden_by_style(styles: Sequence[Any], roots: Sequence[Any]) -> bool:
    """Whether text that is there is hidden by its style, by one that this builds on, or by what holds for all text."""
    every = [style for root in styles for style in root.iter(f"{W}style")]
    hidden = {
        style.get(f"{W}styleId")
        for style in every
        if any(_is_on(mark) for mark in style.iter(f"{W}vanish", f"{W}specVanish"))
    }
    for _ in every:
        more = {style.get(f"{W}styleId") for style in every if _named(style, "basedOn") in hidden} - hidden
        if not more:
            break
        hidden |= more
    defaults = {style.get(f"{W}styleId") for style in every if style.get(f"{W}default", "0") not in OFF}
    used = {element.get(f"{W}val") for root in roots for element in root.iter(*STYLED)}
    for_all = (
        mark for root in styles for all_text in root.iterfind(f"{W}docDefaults") for mark in all_text.iter(f"{W}vanish")
    )
    return bool(hidden & (used | defaults)) or any(_is_on(mark) for mark in for_all)


def _named(element: Any, name: str) -> str | None:
    found = element.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _says_two_things(box: Any) -> bool:
    """Of two ways to draw the same, a program reads one and nobody sees the other."""
    return len({"".join(each.itertext(f"{W}t")) for each in box} | ({""} if len(box) < 2 else set())) > 1


def _is_too_small(size: Any) -> bool:
    value = size.get(f"{W}val", "")
    return value.isdigit() and int(value) < 2 * SMALLEST_POINTS


def _is_on(element: Any) -> bool:
    return element is not None and element.get(f"{W}val", "true") not in OFF


def _of_pictures(package: Package) -> Iterator[str]:
    pictures = {name: package.parts[name] for name, kind in package.types.items() if kind in unpacking.PICTURES}
    if len(pictures) > MOST_PICTURES:
        yield f"The file has {len(pictures)} pictures, and a layout may have {MOST_PICTURES}. Delete some."
    for content in list(pictures.values())[:MOST_PICTURES]:
        if len(content) > LARGEST_PICTURE:
            yield f"The file has a picture larger than {LARGEST_PICTURE / 1e6:g} MB. In Word choose Picture Format > Compress Pictures."
        elif not _can_be_drawn(content):
            yield "The file has a picture that is not a whole PNG or JPEG, or is too large to draw. Put it in again, smaller."
    for _, root in package.of(*FILLED):
        drawn = [
            each for each in root.iter(f"{DRAWING}docPr") if next(each.getparent().iter("{*}pic"), None) is not None
        ]
        unnamed = [each for each in drawn if not each.get("descr", "").strip() and not _is_decorative(each)]
        old = [shape for shape in root.iter(f"{VML}shape") if next(shape.iter(f"{VML}imagedata"), None) is not None]
        unnamed += [shape for shape in old if not shape.get("alt", "").strip()]
        if unnamed:
            yield (
                f"{len(unnamed)} of the pictures say nothing to somebody who cannot see them. Right-click each, choose "
                "View Alt Text, and describe it, or tick “Mark as decorative”."
            )


def _is_decorative(drawn: Any) -> bool:
    return any(mark.get("val") in ("1", "true") for mark in drawn.iter(DECORATIVE))


def _can_be_drawn(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content), formats=PICTURE_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return False
            picture.load()
            return True
    except NOT_A_PICTURE:
        return False


def _of_language(package: Package) -> Iterator[str]:
    how = (
        "Select all (Ctrl+A), choose Review > Language > Set Proofing Language, choose English (United Kingdom) or Welsh, "
        "and choose Set As Default."
    )
    styles = [root for _, root in package.of(f"{WORD}styles+xml")]
    usual = [language for root in styles for language in root.iterfind(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")]
    if not any(language.get(f"{W}val") for language in usual):
        yield f"The file does not say in which language it is written. {how}"
    roots = (*styles, *(root for _, root in package.of(*FILLED, *NOTES)))
    found = {language.get(f"{W}val") for root in roots for language in root.iter(f"{W}lang")} - {None, *LANGUAGES}
    if found:
        yield f"Some of the file is marked as written in {' and '.join(sorted(str(name)[:20] for name in found))}. {how}"


def _of_headings(package: Package) -> Iterator[str]:
    first = {
        style.get(f"{W}styleId")
        for _, root in package.of(f"{WORD}styles+xml")
        for style in root.iter(f"{W}style")
        if any(name.get(f"{W}val", "").lower() == "heading 1" for name in style.iter(f"{W}name"))
    }
    if not any(style.get(f"{W}val") in first for style in package.trees[BODY].iter(f"{W}pStyle")):
        yield "The file has no main heading. Give the paragraph with {{ title }} the style “Heading 1”."


def _of_tables(package: Package) -> Iterator[str]:
    for number, table in enumerate(package.trees[BODY].iter(f"{W}tbl"), start=1):
        rows = table.findall(f"{W}tr")
        if len(rows) == len(list(table.iter(f"{W}tc"))) == 1:
            continue  # a frame, and not a table
        if not rows or not (_repeats(rows[0]) or _names_stand_in_front(table)):
            yield (
                f"Table {number} has no header row. Click in its first row and choose Table Layout > Repeat Header Rows. "
                "If its names stand in the first column instead, choose Table Design, tick First Column and untick Header Row."
            )


def _repeats(row: Any) -> bool:
    return any(_is_on(mark) for mark in row.iterfind(f"{W}trPr/{W}tblHeader"))


def _names_stand_in_front(table: Any) -> bool:
    look = table.find(f"{W}tblPr/{W}tblLook")
    if look is None:
        return False
    bits = int(look.get(f"{W}val", "0"), 16) if re.fullmatch("[0-9A-Fa-f]{1,4}", look.get(f"{W}val", "0")) else 0
    in_front = look.get(f"{W}firstColumn", "1" if bits & 0x80 else "0") not in OFF
    on_top = look.get(f"{W}firstRow", "1" if bits & 0x20 else "0") not in OFF
    return in_front and not on_top


# --- what its fields say ---


def _of_fields(kind: Kind, package: Package) -> tuple[str, ...]:
    readings = [
        tags.read(kind, list(_paragraphs(root, _called(package.types[name])))) for name, root in package.of(*FILLED)
    ]
    faults = [fault for reading in readings for fault in reading.faults]
    return (*_of_stray_fields(package), *faults, *(() if faults else tags.missing(kind, readings)))


def _called(content_type: str) -> str:
    return next((f" of a {part}" for part in ("header", "footer") if f".{part}+" in content_type), "")


def _paragraphs(root: Any, where: str) -> Iterator[Paragraph]:
    for number, paragraph in enumerate(root.iter(f"{W}p"), start=1):
        row = next(paragraph.iterancestors(f"{W}tr"), None)
        yield Paragraph(number, _own_text(paragraph), None if row is None else _text(row).strip(), where)


def _own_text(paragraph: Any) -> str:
    """Without what stands in a text box inside it: those are paragraphs of their own."""
    texts = paragraph.iter(f"{W}t", f"{W}br", f"{W}cr", f"{W}tab")
    return "".join(_written(text) for text in texts if next(text.iterancestors(f"{W}p")) is paragraph)


def _text(element: Any) -> str:
    return "".join(_written(text) for text in element.iter(f"{W}t", f"{W}br", f"{W}cr", f"{W}tab"))


def _written(text: Any) -> str:
    return (text.text or "") if text.tag == f"{W}t" else "\n"


def _of_stray_fields(package: Package) -> Iterator[str]:
    """Fields where nothing is ever filled in: anywhere but in the words of the text, the header and the footer."""
    for name, root in package.trees.items():
        fills = package.types[name] in FILLED
        if any(_is_stray(element, fills) for element in root.iter()):
            where = "a place that is not its text" if fills else "its properties, notes or comments"
            yield f"There is a field in {where}. Fields can stand only in the words of the text, the header and the footer."
            return


def _is_stray(element: Any, fills: bool) -> bool:
    values = list(element.attrib.values())
    if not (fills and element.tag == f"{W}t"):
        values += [element.text or "", element.tail or ""]
    return any(TAG_ANYWHERE.search(value) for value in values)


# --- a trial ---


def _of_trial(kind: Kind, layout: bytes) -> Iterator[str]:
    """Fills it with invented documents as one that is issued is filled, and reads them back."""
    read_anew = DocxTemplate(io.BytesIO(layout))
    read_anew.init_docx()
    if any(tags.faults_of_source(kind, source) for source in word.sources(read_anew).values()):
        yield "The fields could not be read as Word keeps them. Delete each field and type it again in one go."
        return
    for how in How:
        try:
            sample(kind, layout, how)
        except DocumentFault as fault:
            yield str(fault)
            return


# --- without what an editor left in it ---


def tidied(content: bytes) -> bytes:
    """The same layout without authors, dates, comments, data, and the marks by which Word tells who wrote what when."""
    document = Document(io.BytesIO(content))
    package = document.part.package
    for relationships in (package.rels, document.part.rels):
        _leave_out(relationships)
    for part in package.iter_parts():
        if hasattr(part, "element"):
            _without_marks(part.element)
        elif part.content_type in unpacking.PICTURES:
            part._blob = _redrawn(part.blob)
        elif unpacking.is_xml(part.content_type):
            root = unpacking.parsed(part.blob)
            _without_marks(root)
            part._blob = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return word.plain_package(document)


def _leave_out(relationships: Relationships) -> None:
    ends = (*word.LEFT_BEHIND, "/core-properties", "/extended-properties")
    for key, relationship in list(relationships.items()):
        if relationship.reltype.endswith(ends):
            del relationships[key]


def _without_marks(root: Any) -> None:
    for element in root.iter():
        for name in [name for name in element.attrib if REVISION_IDS.search(name)]:
            del element.attrib[name]
    for element in list(
        root.iter(f"{W}rsid", f"{W}rsids", f"{W}docVars", f"{W}trackRevisions", f"{W}documentProtection")
    ):
        element.getparent().remove(element)


def _redrawn(content: bytes) -> bytes:
    """The picture alone: a camera or an editor also writes down who, when and where."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=PICTURE_FORMATS) as picture:
        kept = {"quality": "keep", "comment": b""} if picture.format == "JPEG" else {}
        picture.save(file, picture.format, **kept)
    return file.getvalue()
