"""Takes an uploaded Word file apart without opening it: whatever is not a plain, whole Word document is refused, in words."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

LARGEST = 2_000_000
LARGEST_UNPACKED = 12_000_000
LARGEST_TEXT = 1_500_000
"""Of the text of the document: what fills blanks reads it many times."""
MOST_ENTRIES = 200
MOST_TO_ONE = 150
"""How much smaller than its content a packed part may be."""
SMALL = 200_000
"""Below this, how well a part was packed says nothing."""

CONTENT_TYPES = "[Content_Types].xml"
BODY = "word/document.xml"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
MAIN = f"{WORD}document.main+xml"
PICTURES = ("image/png", "image/jpeg")
FILLED = (MAIN, f"{WORD}header+xml", f"{WORD}footer+xml")
"""Parts in which a field can stand."""
NOTES = (f"{WORD}footnotes+xml", f"{WORD}endnotes+xml")
KEPT = (
    *FILLED,
    *NOTES,
    *PICTURES,
    *(f"{WORD}{part}+xml" for part in ("styles", "settings", "fontTable", "numbering", "webSettings")),
    "application/vnd.openxmlformats-officedocument.theme+xml",
)
COMMENTS = f"{WORD}comments+xml"
LEFT_OUT = (
    COMMENTS,
    "application/xml",
    "application/vnd.openxmlformats-package.core-properties+xml",
    "application/vnd.openxmlformats-package.relationships+xml",
    "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
    "application/vnd.ms-word.stylesWithEffects+xml",
    f"{WORD}commentsExtended+xml",
    f"{WORD}commentsIds+xml",
    f"{WORD}commentsExtensible+xml",
    f"{WORD}people+xml",
    f"{WORD}document.glossary+xml",
)
"""What Word adds by itself: it is let in, looked at, and not kept."""

START = "Open it in Word, choose File > Save As, and choose “Word Document (*.docx)”."
OTHER_TYPES: Mapping[str, str] = {
    "application/vnd.ms-word.document.macroEnabled.main+xml": f"The file is a Word document with macros (.docm). {START}",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml": (
        f"The file is a Word template with macros (.dotm). {START}"
    ),
    f"{WORD}template.main+xml": f"The file is a Word template (.dotx). {START}",
}
UNWANTED: tuple[tuple[str, str], ...] = (
    ("vba|macro", "The file has macros. Save it as “Word Document (*.docx)”, which keeps none."),
    ("activex|control", "The file has an ActiveX control, such as a button. Delete it in Word."),
    ("oleobject", "The file has an embedded object, such as a part of another file. Delete it in Word."),
    ("officedocument.spreadsheet", "The file has an embedded workbook. Delete it in Word."),
    ("officedocument.presentation", "The file has an embedded presentation. Delete it in Word."),
    ("package", "The file has another file embedded in it. Delete it in Word."),
    ("html", "The file has a web page in it. Copy its text into the document instead."),
    (
        "wordprocessingml.document|rtf|rfc822|text/plain",
        "The file has another document in it. Copy its text into this one instead.",
    ),
    ("font", "The file has fonts in it. In Word choose File > Options > Save and untick “Embed fonts in the file”."),
    ("image/", "The file has a picture that is neither PNG nor JPEG. Put it in again as one of these."),
    ("chart", "The file has a chart. Put it in as a picture (PNG) instead."),
    ("diagram|drawing", "The file has SmartArt. Put it in as a picture (PNG) instead."),
)
"""What a part may be, by the words in its content type. The first that fits counts."""
OUTSIDE: tuple[tuple[str, str], ...] = (
    (
        "/hyperlink",
        "The file has a link to the web or to an email address. Right-click it, choose “Remove Hyperlink”; its words stay.",
    ),
    (
        "/attachedTemplate",
        "The file is attached to a template elsewhere. Choose Developer > Document Template and detach it.",
    ),
    (
        "/image",
        "The file shows a picture that is kept elsewhere. Delete it, and put it in with Insert > Pictures > Insert.",
    ),
    (
        "/mailMerge",
        "The file takes data from elsewhere for a mail merge. Choose Mailings > Start Mail Merge > Normal Word Document.",
    ),
    ("/subDocument", "The file takes in another document from elsewhere. Copy its text into this one instead."),
    ("/frame", "The file shows another page in a frame. Take the frame out."),
    ("/oleObject", "The file is linked to an object elsewhere. Delete it in Word."),
)
ELSEWHERE = "The file refers to something outside itself. Take the link out in Word."

STRICT_FORM = "http://purl.oclc.org/ooxml/"
DRIVE = re.compile(r"^[A-Za-z]:")
PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Unfit(Exception):
    """The file cannot be taken apart. The sentence says what it is and what to do."""


@dataclass(frozen=True)
class Package:
    """A Word file taken apart: every part is of a known kind, whole, and well formed."""

    parts: Mapping[str, bytes]
    types: Mapping[str, str]

    @cached_property
    def trees(self) -> dict[str, Any]:
        """Every part that is XML, parsed."""
        return {name: parsed(content) for name, content in self.parts.items() if is_xml(self.types[name])}

    def of(self, *types: str) -> Iterator[tuple[str, Any]]:
        """The parsed parts of these types, the text of the document first."""
        for name in sorted(self.trees, key=lambda name: (name != BODY, name)):
            if self.types[name] in types:
                yield name, self.trees[name]


def unpacked(content: bytes) -> Package:
    """Raises Unfit at the first thing that makes it unsafe to look further."""
    parts = dict(read(content))
    package = Package(parts, types_of(parts))
    refuse_other_kinds(package)
    refuse_what_is_outside(package)
    refuse_parts(package)
    if len(package.parts[BODY]) > LARGEST_TEXT:
        raise Unfit("The text of the file is too large for a layout. Begin again from the service’s own layout.")
    return package


# --- the container ---


def read(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts by name. Nothing is unpacked before the list of parts was looked at."""
    if len(content) > LARGEST:
        raise Unfit(f"The file is larger than {LARGEST / 1e6:g} MB. Make its pictures smaller: a layout needs few.")
    refuse_by_its_first_bytes(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            refuse_entries(entries)
            for entry in entries:
                yield entry.filename, archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Unfit(f"The file is damaged. {START}") from None


def refuse_by_its_first_bytes(content: bytes) -> None:
    if not content:
        raise Unfit("The file is empty. Choose another one.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unfit(f"The file is an old Word document (.doc), or it is locked by a password. Unlock it first. {START}")
    if content.startswith(b"%PDF"):
        raise Unfit("The file is a PDF. Choose a Word document (.docx).")
    if content.startswith(b"{\\rtf"):
        raise Unfit(f"The file is in rich text format (.rtf). {START}")
    if not content.startswith(b"PK\x03\x04"):
        raise Unfit("The file is not a Word document. Choose a file whose name ends in .docx.")


def refuse_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if "mimetype" in names:
        raise Unfit(f"The file is an OpenDocument text (.odt). {START}")
    if len(entries) > MOST_ENTRIES:
        raise Unfit(f"The file has {len(entries):,} parts, and a layout needs no more than {MOST_ENTRIES}. {START}")
    if len({name.lower() for name in names}) < len(names):
        raise Unfit(f"The file has two parts of one name, which Word never writes. {START}")
    for entry in entries:
        if not is_plain(entry.filename):
            raise Unfit(f"The file has a part with a name that leads out of it, which Word never writes. {START}")
        if entry.flag_bits & 0x1:
            raise Unfit("The file is locked by a password. Unlock it in Word and save it.")
        if entry.file_size > SMALL and entry.file_size > MOST_TO_ONE * entry.compress_size:
            raise Unfit(
                "The file has a part that is packed far too tightly. Begin again from the service’s own layout."
            )
    if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise Unfit("The file is too large when it is unpacked. Begin again from the service’s own layout.")


def is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    odd = "\\" in name or not name.isprintable() or DRIVE.match(name) is not None
    return not (odd or path.is_absolute() or ".." in path.parts or str(path) != name)


# --- the parts ---


def parsed(content: bytes) -> Any:
    """The root of a part. Raises Unfit for one that declares anything of its own, before it is parsed."""
    plain = content.replace(b"\0", b"")  # UTF-16 as well
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise Unfit(f"The file declares entities, which Word never writes. {START}")
    try:
        root = etree.fromstring(content, etree.XMLParser(**PARSER))
    except (etree.XMLSyntaxError, ValueError):
        raise Unfit(f"The file is damaged: a part of it is not well formed. {START}") from None
    if root.getroottree().docinfo.doctype:
        raise Unfit(f"The file declares entities, which Word never writes. {START}")
    return root


def is_xml(content_type: str) -> bool:
    return content_type.endswith(("+xml", "/xml"))


def types_of(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The content type of each part. Raises Unfit for a file that gives none."""
    if CONTENT_TYPES not in parts:
        raise Unfit("The file is not a Word document. Choose a file whose name ends in .docx.")
    root = parsed(parts[CONTENT_TYPES])
    own = {each.get("PartName", ""): each.get("ContentType", "") for each in root.iter("{*}Override")}
    usual = {each.get("Extension", "").lower(): each.get("ContentType", "") for each in root.iter("{*}Default")}
    types = {name: own.get(f"/{name}") or usual.get(name.rpartition(".")[2].lower(), "") for name in parts}
    # Whatever they say of themselves: these two kinds say what the others are.
    relationships = "application/vnd.openxmlformats-package.relationships+xml"
    said = {name: relationships if name.endswith(".rels") else found for name, found in types.items()}
    return {**said, CONTENT_TYPES: "application/xml"}


def refuse_other_kinds(package: Package) -> None:
    """Refuses whatever is not an ordinary Word document by what it says that it is."""
    main = package.types.get(BODY, "")
    for content_type in package.types.values():
        if content_type in OTHER_TYPES:
            raise Unfit(OTHER_TYPES[content_type])
    if main != MAIN:
        if any("spreadsheetml" in found for found in package.types.values()):
            raise Unfit("The file is a workbook. Choose a Word document (.docx).")
        if any("presentationml" in found for found in package.types.values()):
            raise Unfit("The file is a presentation. Choose a Word document (.docx).")
        raise Unfit(f"The file is not a Word document as Word writes it. {START}")
    if package.trees[BODY].tag.startswith("{" + STRICT_FORM):
        raise Unfit(f"The file is a “Strict Open XML Document”. {START}")


def refuse_what_is_outside(package: Package) -> None:
    """Refuses every relationship that leads out of the file, links included."""
    for name, root in package.trees.items():
        if not name.endswith(".rels"):
            continue
        for relationship in root.iter("{*}Relationship"):
            if relationship.get("TargetMode", "Internal") != "Internal":
                raise Unfit(next((text for end, text in OUTSIDE if end in relationship.get("Type", "")), ELSEWHERE))
            if not is_inside(name, relationship.get("Target", ""), package.parts):
                raise Unfit(f"The file refers to a part that it does not have. {START}")


def is_inside(relationships: str, target: str, parts: Mapping[str, bytes]) -> bool:
    """Whether the target, as the part of these relationships says it, is a part of the file."""
    if target.startswith("#"):
        return True
    steps: list[str] = [] if target.startswith("/") else relationships.split("/")[:-2]
    for step in target.lstrip("/").split("/"):
        if step == "..":
            if not steps:
                return False
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps) in parts


def refuse_parts(package: Package) -> None:
    """Refuses every part of a kind that a layout has no use for."""
    for name, content_type in package.types.items():
        if content_type in KEPT and not (content_type == MAIN and name != BODY):
            continue
        if content_type in LEFT_OUT:
            continue
        kind = content_type.lower()
        raise Unfit(
            next(
                (text for words, text in UNWANTED if any(word in kind for word in words.split("|"))),
                f"The file has a part of an unknown kind. {START}",
            )
        )
