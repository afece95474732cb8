"""A Board's own Word layout: hostile files, faults in plain words, what is taken out of it, and what is proved of each document."""

from __future__ import annotations

import io
import re
import socket
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm
from PIL import Image, PngImagePlugin

from forms_app.documents import layouts, placed, tags, templates, unpacking, word
from forms_app.documents.catalogue import KINDS
from forms_app.documents.faults import DocumentFault
from forms_app.documents.fields import LAID_OUT, SHARING, fields_of
from forms_app.documents.invented import How, example, invented
from forms_app.documents.layouts import checked
from tests.documents.examples import CONTENTS

KIND = KINDS["notice_to_board"]
OUTSIDE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def ours(code: str = "notice_to_board") -> bytes:
    return (templates.FOLDER / code / "record.docx").read_bytes()


def packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def with_parts(**changed: bytes) -> bytes:
    return packed({**parts_of(ours()), **changed})


def replaced(name: str, old: str, new: str) -> bytes:
    parts = parts_of(ours())
    assert old.encode() in parts[name]
    return packed({**parts, name: parts[name].replace(old.encode(), new.encode(), 1)})


def typed_as(content_type: str) -> bytes:
    return replaced("[Content_Types].xml", unpacking.MAIN, content_type)


def with_part(name: str, content: bytes, content_type: str) -> bytes:
    parts = parts_of(
        replaced(
            "[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'
        )
    )
    return packed({**parts, name: content})


def with_relationship(kind: str, target: str, mode: str = ' TargetMode="External"') -> bytes:
    line = f'<Relationship Id="rId99" Type="{OUTSIDE}/{kind}" Target="{target}"{mode}/></Relationships>'
    return replaced("word/_rels/document.xml.rels", "</Relationships>", line)


def edited(edit: Callable[[Document], Any], code: str = "notice_to_board") -> bytes:
    """Our own layout after somebody did something to it in Word."""
    document, file = docx.Document(io.BytesIO(ours(code))), io.BytesIO()
    edit(document)
    document.save(file)
    return file.getvalue()


def with_text(*texts: str) -> bytes:
    return edited(lambda document: [document.add_paragraph(text) for text in texts])


def with_xml(xml: str) -> bytes:
    """With this at the end of the text."""
    return replaced("word/document.xml", "<w:sectPr", f"{xml}<w:sectPr")


def faults(content: bytes, code: str = "notice_to_board") -> tuple[str, ...]:
    return checked(LAID_OUT[code], content).faults


# --- hostile files ---

ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&c;</w:styles>"""
READS_A_FILE = ENTITIES.replace(b'<!ENTITY a "aaaaaaaaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')


def numbered(count: int) -> bytes:
    return with_parts(**{f"word/x{number}.xml": b"<x/>" for number in range(count)})


def twice() -> bytes:
    file = io.BytesIO(ours())
    with zipfile.ZipFile(file, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("word/document.xml", b"<x/>")
    return file.getvalue()


def locked() -> bytes:
    """With the mark of a password on every part."""
    content = bytearray(ours())
    for at in [match.start() for match in re.finditer(rb"PK\x01\x02", bytes(content))]:
        content[at + 8] |= 1
    return bytes(content)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "too large": (lambda: b"PK\x03\x04" + b"x" * unpacking.LARGEST, "larger than 2 MB"),
    "an old document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "an old Word document"),
    "rich text": (lambda: b"{\\rtf1 hello}", "rich text format"),
    "a picture": (lambda: b"\x89PNG\r\n", "is not a Word document"),
    "any archive": (lambda: packed({"a.txt": b"hello"}), "is not a Word document"),
    "cut short": (lambda: ours()[:5000], "is damaged"),
    "OpenDocument renamed": (
        lambda: packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        "an OpenDocument text",
    ),
    "a docm renamed": (
        lambda: typed_as("application/vnd.ms-word.document.macroEnabled.main+xml"),
        "a Word document with macros",
    ),
    "a dotm renamed": (
        lambda: typed_as("application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
        "a Word template with macros",
    ),
    "a dotx renamed": (lambda: typed_as(f"{unpacking.WORD}template.main+xml"), "a Word template (.dotx)"),
    "a workbook renamed": (
        lambda: typed_as("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
        "a workbook",
    ),
    "ten thousand parts": (lambda: numbered(10_000), "10,012 parts"),
    "a zip bomb": (lambda: with_parts(**{"word/media/x.xml": b"\0" * 11_000_000}), "packed far too tightly"),
    "many small bombs": (
        lambda: with_parts(**{f"word/x{number}.xml": bytes(range(256)) * 700 for number in range(100)}),
        "too large when it is unpacked",
    ),
    "a name that leads up": (lambda: with_parts(**{"../../etc/cron.d/x": b"x"}), "a name that leads out"),
    "an absolute name": (lambda: with_parts(**{"/etc/passwd": b"x"}), "a name that leads out"),
    "a name of Windows": (lambda: with_parts(**{"C:x.xml": b"x"}), "a name that leads out"),
    "a name with a bell": (lambda: with_parts(**{"word/\x07.xml": b"x"}), "a name that leads out"),
    "two parts of a name": (twice, "two parts of one name"),
    "two of a name to Windows": (lambda: with_parts(**{"WORD/document.xml": b"<x/>"}), "two parts of one name"),
    "a password": (locked, "locked by a password"),
    "a million laughs": (lambda: with_parts(**{"word/styles.xml": ENTITIES}), "declares entities"),
    "entities in another encoding": (
        lambda: with_parts(
            **{"word/styles.xml": ENTITIES.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")}
        ),
        "declares entities",
    ),
    "an entity that reads a file": (lambda: with_parts(**{"word/styles.xml": READS_A_FILE}), "declares entities"),
    "an entity in the list of parts": (
        lambda: with_parts(**{"[Content_Types].xml": READS_A_FILE}),
        "declares entities",
    ),
    "broken XML": (lambda: with_parts(**{"word/styles.xml": b"<w:styles>"}), "is not well formed"),
    "macros": (
        lambda: with_part("word/vbaProject.bin", b"x", "application/vnd.ms-office.vbaProject"),
        "The file has macros",
    ),
    "ActiveX": (
        lambda: with_part("word/activeX/activeX1.xml", b"<x/>", "application/vnd.ms-office.activeX+xml"),
        "an ActiveX control",
    ),
    "an OLE object": (
        lambda: with_part("word/embeddings/o.bin", b"x", "application/vnd.openxmlformats-officedocument.oleObject"),
        "an embedded object",
    ),
    "a workbook inside": (
        lambda: with_part(
            "word/embeddings/a.xlsx", b"x", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        ),
        "an embedded workbook",
    ),
    "a web page inside": (lambda: with_part("word/afchunk.html", b"<p>", "text/html"), "a web page in it"),
    "another document inside": (lambda: with_part("word/two.xml", b"<x/>", unpacking.MAIN), "another document in it"),
    "a program inside": (
        lambda: with_part("word/x.exe", b"MZ", "application/x-msdownload"),
        "a part of an unknown kind",
    ),
    "a picture elsewhere": (
        lambda: with_relationship("image", "http://127.0.0.1:9/x.png"),
        "a picture that is kept elsewhere",
    ),
    "a picture on another machine": (
        lambda: with_relationship("image", r"\\127.0.0.1\x.png"),
        "a picture that is kept elsewhere",
    ),
    "a template elsewhere": (
        lambda: with_relationship("attachedTemplate", "http://127.0.0.1:9/x.dotm"),
        "attached to a template elsewhere",
    ),
    "an object elsewhere": (lambda: with_relationship("oleObject", "file:///etc/passwd"), "linked to an object"),
    "a document elsewhere": (lambda: with_relationship("subDocument", "file:///x.docx"), "takes in another document"),
    "data elsewhere": (lambda: with_relationship("mailMergeSource", "file:///x.csv"), "data from elsewhere"),
    "a page in a frame": (lambda: with_relationship("frame", "http://127.0.0.1:9/"), "another page in a frame"),
    "something elsewhere": (lambda: with_relationship("anything", "http://127.0.0.1:9/"), "something outside itself"),
    "a link to the web": (lambda: with_relationship("hyperlink", "http://127.0.0.1:9/"), "a link to the web"),
    "a part that leads up": (
        lambda: with_relationship("image", "../../../../etc/passwd", mode=""),
        "a part that it does not have",
    ),
    "an altChunk": (lambda: with_xml('<w:altChunk r:id="rId3"/>'), "takes in another document"),
    "a sub-document": (lambda: with_xml('<w:subDoc r:id="rId3"/>'), "takes in another document"),
    "an object without its part": (lambda: with_xml("<w:p><w:r><w:object/></w:r></w:p>"), "an embedded object"),
    "DDE": (
        lambda: with_xml('<w:p><w:fldSimple w:instr=" DDEAUTO c:\\\\x.exe &quot;/k calc&quot;"/></w:p>'),
        "a field of Word’s own that a layout may not have: DDEAUTO",
    ),
    "a picture at an address": (
        lambda: with_xml(
            '<w:p><w:r><w:pict><v:shape alt="x"><v:imagedata src="http://127.0.0.1:9/x.png"/></v:shape></w:pict></w:r></w:p>'
        ),
        "something outside itself",
    ),
    "bound to data": (
        lambda: with_xml(
            '<w:sdt><w:sdtPr><w:dataBinding w:xpath="/x" w:storeItemID="{0}"/></w:sdtPr><w:sdtContent/></w:sdt>'
        ),
        "bound to data",
    ),
    "a mail merge": (
        lambda: replaced("word/settings.xml", "<w:defaultTabStop", "<w:mailMerge/><w:defaultTabStop"),
        "set up for a mail merge",
    ),
    "a template in the settings": (
        lambda: replaced(
            "word/settings.xml", "<w:defaultTabStop", '<w:attachedTemplate r:id="rId1"/><w:defaultTabStop'
        ),
        "attached to a template",
    ),
}


class Watch:
    """What Python was asked to open, to connect to or to run."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.is_on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in {
            "open",
            "socket.connect",
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.posix_spawn",
        }:
            self.seen.append(f"{event} {arguments[0]}")


WATCH = Watch()


@contextmanager
def nothing_opened() -> Iterator[None]:
    """Nothing may be opened, connected to or run but what Python itself and our templates need."""
    WATCH.seen, WATCH.is_on = [], True
    try:
        yield
    finally:
        WATCH.is_on = False
    own = (str(templates.FOLDER), sys.prefix, sys.base_prefix)
    opened = [each for each in WATCH.seen if not each.split(" ", 1)[1].startswith(own)]
    assert [each for each in opened if not each.endswith((".py", ".pyc"))] == []


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Everything that is imported late."""
    sys.addaudithook(WATCH)
    assert checked(KIND, ours()).layout
    Image.init()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_nothing_is_opened(name: str) -> None:
    make, said = HOSTILE[name]
    content = make()
    started = time.monotonic()

    with nothing_opened():
        found = faults(content)

    assert said in " ".join(found)
    assert checked(KIND, content).layout == b""
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "codes",
    [
        ['INCLUDETEXT "/etc/passwd"'],
        ["INCLUDEPICTURE http://127.0.0.1:9/x.png"],
        ["DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"],
        ["IMPORT x.png"],
        ["LINK Excel.Sheet.8 x.xls"],
        ["DATABASE \\d x.mdb"],
        ["QUOTE ", "65 66"],
        ["D", "DE", "AUTO x"],
        ["PAGE", "<begin>", "DDEAUTO x", "<end>"],
    ],
)
def test_a_field_of_words_own_is_refused_also_in_pieces_and_inside_another(codes: list[str]) -> None:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    runs = "".join(
        mark.format(code[1:-1])
        if code in ("<begin>", "<end>")
        else f"<w:r><w:instrText>{code.replace('<', '')}</w:instrText></w:r>"
        for code in codes
    )

    found = faults(with_xml(f"<w:p>{mark.format('begin')}{runs}{mark.format('end')}</w:p>"))

    assert "a field of Word’s own" in " ".join(found)


def test_page_numbers_may_stay() -> None:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    number = "<w:r><w:instrText> PAGE \\* MERGEFORMAT </w:instrText></w:r>"

    assert (
        faults(with_xml(f"<w:p>{mark.format('begin')}{number}{mark.format('separate')}{mark.format('end')}</w:p>"))
        == ()
    )


# --- what a field may not say ---

INJECTED = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ title.__class__ }}",
    "{{ heading._fields }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace }}",
    "{{ range(999999999) }}",
    "{{ title|attr('__class__') }}",
    "{{ title|upper }}",
    "{{ title * 999999999 }}",
    "{{ 7*7 }}",
    "{{ heading['board'] }}",
    "{{ facts[0].name }}",
    "{{ title() }}",
    "{{ title.format(title) }}",
    "{{ 'a text' }}",
    "{{ title if facts else reason }}",
    "{% set x = title %}",
    "{% include 'base.html' %}",
    "{% import 'parts.html' as x %}",
    "{% extends 'base.html' %}",
    "{% macro x() %}{% endmacro %}",
    "{% raw %}{{ title }}{% endraw %}",
    "{% filter upper %}x{% endfilter %}",
    "{% call title() %}x{% endcall %}",
    "{% for x in range(9) %}{% endfor %}",
    "{% for x in facts if x.name %}{% endfor %}",
    "{% for a, b in facts %}{% endfor %}",
    "{% for x in facts recursive %}{% endfor %}",
    "{% for loop in facts %}{% endfor %}",
    "{% for _ in facts %}{% endfor %}",
    "{% if title == 'x' %}{% endif %}",
    "{% if facts|selectattr('__class__')|list %}{% endif %}",
    "{% if title|length > 1 %}{% endif %}",
    "{# a comment #}",
    "{%- if facts %}{% endif %}",
    "{{- title }}",
    "{{r title }}",
    "{{p title }}",
    "{% colspan title %}",
    "{% cellbg title %}",
    "{% vm %}",
    "{% hm %}",
    "{{ title",
    "title }}",
    "{",
    "{{ " + "(" * 150 + "title" + ")" * 150 + " }}",
)


def in_the_text(text: str) -> bytes:
    return with_text(text)


def in_the_header(text: str) -> bytes:
    return edited(lambda document: document.sections[0].header.add_paragraph(text))


def in_the_footer(text: str) -> bytes:
    return edited(lambda document: document.sections[0].footer.add_paragraph(text))


def in_a_table(text: str) -> bytes:
    def edit(document: Document) -> None:
        document.tables[0].rows[0].cells[0].add_paragraph(text)

    return edited(edit)


def in_a_text_box(text: str) -> bytes:
    def edit(document: Document) -> None:
        inside = "<v:textbox><w:txbxContent><w:p><w:r><w:t/></w:r></w:p></w:txbxContent></v:textbox>"
        shape = f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml">{inside}</v:shape>'
        box = f"<w:p {NAMESPACE}><w:r><w:pict>{shape}</w:pict></w:r></w:p>"
        paragraph = parse_xml(box)
        next(paragraph.iter(qn("w:t"))).text = text
        document.element.body.insert(0, paragraph)

    return edited(edit)


def in_pieces(text: str) -> bytes:
    """Each letter in a run of its own, as Word keeps what was corrected."""

    def edit(document: Document) -> None:
        paragraph = document.add_paragraph()
        for letter in text:
            paragraph.add_run(letter)

    return edited(edit)


def in_a_property(text: str) -> bytes:
    return edited(lambda document: setattr(document.core_properties, "title", text))


def in_a_comment(text: str) -> bytes:
    return edited(lambda document: document.add_comment(document.add_paragraph("x").runs, text=text, author="A"))


def in_a_footnote(text: str) -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    notes = (
        f"<w:footnotes {NAMESPACE}><w:footnote><w:p><w:r><w:t>{escaped}</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    return with_part("word/footnotes.xml", notes.encode(), f"{unpacking.WORD}footnotes+xml")


def in_a_description(text: str) -> bytes:
    def edit(document: Document) -> None:
        document.tables[0]._tbl.tblPr.find(qn("w:tblCaption")).set(qn("w:val"), text)

    return edited(edit)


def in_a_code(text: str) -> bytes:
    def edit(document: Document) -> None:
        run = document.add_paragraph().add_run()
        code = OxmlElement("w:instrText")
        code.text = text
        run._r.append(code)

    return edited(edit)


TRIED = [
    *((place, text) for place in (in_the_text, in_pieces) for text in INJECTED),
    *((place, text) for place in (in_the_header, in_the_footer, in_a_table, in_a_text_box) for text in INJECTED[:10]),
]
NOT_FOR_FIELDS = (in_a_property, in_a_comment, in_a_footnote, in_a_description, in_a_code)


@pytest.mark.parametrize(("place", "text"), TRIED, ids=lambda each: getattr(each, "__name__", each))
def test_a_field_that_says_more_than_a_name_is_refused(place: Callable[[str], bytes], text: str) -> None:
    content = place(text)

    with nothing_opened():
        found = faults(content)

    assert found
    assert "49" not in " ".join(found)
    assert "root:" not in " ".join(found)


@pytest.mark.parametrize("place", NOT_FOR_FIELDS, ids=lambda place: place.__name__)
@pytest.mark.parametrize("text", ["{{ title }}", "{{ ''.__class__ }}", "{% set x = 1 %}"])
def test_a_field_where_nothing_is_filled_in_is_refused(text: str, place: Callable[[str], bytes]) -> None:
    assert "Fields can stand only in the words of the text" in " ".join(faults(place(text)))


HARMLESS = ("{{r", "{{p", "{{-", "{{ (", "{#", "{%-", "{% raw", "title }}")
"""Jinja alone would read these as the name of a field, or as plain text."""


@pytest.mark.parametrize("text", [text for text in INJECTED if not text.startswith(HARMLESS) and text != "{"])
def test_what_jinja_would_really_read_is_judged_again(text: str) -> None:
    """The second look is at the source that is filled, whatever the first made of the paragraphs."""
    assert tags.faults_of_source(KIND, text)


def test_the_sandbox_stands_behind_it() -> None:
    """Without the look at names, such a field is stopped when it is filled."""
    for text in ("{{ title.__class__ }}", "{{ title.format.__globals__ }}", "{{ heading.__init__ }}", "{{ lipsum }}"):
        with pytest.raises(DocumentFault, match="cannot be filled"):
            word.make(KIND, invented(KIND), with_text(text))


def test_nothing_else_is_in_reach_of_a_layout() -> None:
    environment = word.layout_environment()

    assert environment.globals == {}
    assert environment.tests == {}
    assert set(environment.filters) == {"length", "list", "selectattr"}
    assert environment.loader is None


def test_too_many_fields_and_too_deep_ones_are_refused_before_anything_reads_them() -> None:
    deep = ["{%p if facts %}"] * 200 + ["{%p endif %}"] * 200

    assert "more than 1,000 fields" in " ".join(faults(with_text(*deep)))
    assert "more than 1,000 fields" in " ".join(faults(with_text("{{ title }}" * 1001)))
    assert "There is more to change" in faults(with_text(*["{{ one }}"] * 500))[-1]


def test_a_long_document_of_braces_takes_no_time() -> None:
    started = time.monotonic()

    assert faults(with_text(*(["{{ title"] * 5000)))
    assert faults(with_text("{{ " * 50_000))

    assert time.monotonic() - started < 10


# --- faults in plain words ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Ref: {{ heading.refrence }}",
            "“Ref: {{ heading.refrence }}”: there is no field “heading.refrence”. Did you mean “heading.reference”?",
        ),
        ("{{ reasn }}", "there is no field “reasn”. Did you mean “reason”?"),
        ("{{ zzz }}", "there is no field “zzz”."),
        ("{{ fact.name }}", "“fact.name” here: it can stand only inside {% for fact in facts %}"),
        ("{{ facts }}", "“facts” is a list"),
        ("{{ heading }}", "“heading” has parts. Write one of heading.board"),
        ("{{ title title }}", "{{ title title }} is not understood"),
        ("{%p for fact in facts %}", "a “for” or an “if” is not closed"),
        ("{%p endfor %}", "stands here without its beginning"),
        ("{% for fact in title %}{% endfor %}", "“title” is not a list"),
        ("{%p for fact in %}", "is not understood"),
        ("words {%p if facts %}", "takes its whole paragraph out"),
        ("{%tr for fact in facts %}", "stands outside a table"),
        ("{{ loop.index }}", "there is no field “loop.index”"),
        ("{{ reason", "a curly bracket that belongs to no field"),
    ],
)
def test_a_fault_is_said_with_its_paragraph_and_what_to_do(text: str, said: str) -> None:
    found = faults(with_text(text))

    assert said in " ".join(found)
    assert re.search(r"In paragraph \d+, “", found[0])


@pytest.mark.parametrize("depth", [2, 8])
def test_a_list_inside_another_that_it_is_not_of_is_refused_before_it_is_filled(depth: int) -> None:
    loops = "".join(f"{{% for each{number} in facts %}}" for number in range(depth))
    begun = time.monotonic()

    found = faults(with_text(f"{loops}x{'{% endfor %}' * depth}"))

    assert "“facts” cannot be gone through inside another “for”" in found[0]
    assert time.monotonic() - begun < 5


def test_a_fault_in_a_header_says_so() -> None:
    (fault,) = faults(in_the_header("{{ nobody }}"))

    assert re.match(r"In paragraph \d+ of a header, “\{\{ nobody \}\}”: there is no field", fault)


def test_every_fault_is_said_at_once() -> None:
    found = faults(with_text("{{ one }}", "{{ two }} and {{ three }}", "{% set x = 1 %}"))

    assert [re.findall("“(one|two|three)”|(set x)", fault) != [] for fault in found] == [True] * 4


def test_a_loop_in_a_row_with_other_things_is_refused() -> None:
    def edit(document: Document) -> None:
        table = document.tables[1]
        table.rows[0].cells[1].paragraphs[0].add_run("{{ title }}")

    assert "takes its whole table row out" in " ".join(faults(edited(edit)))


@pytest.mark.parametrize("code", LAID_OUT)
def test_each_field_that_is_left_out_is_named(code: str) -> None:
    kind = LAID_OUT[code]
    for field in fields_of(kind):
        parts = parts_of(ours(code))
        names = {field.name.encode(), b"title"} if field.name == "heading.title" else {field.name.encode()}
        content = parts["word/document.xml"] + b""
        for name in names:
            content = re.sub(rb"\{\{ " + re.escape(name) + rb" \}\}", b"gone", content)
        if field.loops or content == parts["word/document.xml"]:
            continue
        found = checked(kind, packed({**parts, "word/document.xml": content})).faults
        assert [fault for fault in found if field.written in fault] or field.path[0] == "heading", field


def test_a_field_of_a_list_that_is_left_out_is_named_with_its_loop() -> None:
    found = faults(replaced("word/document.xml", "{{ fact.value }}", "x"))

    assert found == (
        "{{ fact.value }}, inside {% for fact in facts %} is missing. Every document of this kind must print it.",
    )


def test_what_stands_only_in_the_footer_is_not_in_the_text() -> None:
    def edit(document: Document) -> None:
        document.sections[0].footer.add_paragraph("{{ reason }} {{ heading.policy }}")

    content = edited(edit)
    for field in ("reason", "heading.policy"):
        parts = parts_of(content)
        content = packed(
            {**parts, "word/document.xml": parts["word/document.xml"].replace(f"{{{{ {field} }}}}".encode(), b"x")}
        )

    assert faults(content) == ("{{ reason }} stands only in a header or footer. Put it into the text as well.",)


def test_a_field_that_is_printed_only_sometimes_is_refused() -> None:
    content = edited(lambda document: None)
    parts = parts_of(content)
    sometimes = parts["word/document.xml"].replace(b"{{ reason }}", b"{% if facts %}{{ reason }}{% endif %}")

    (fault,) = faults(packed({**parts, "word/document.xml": sometimes}))

    assert "leaves out reason" in fault


CHANGED = f'<w:p {NAMESPACE}><w:ins w:id="1" w:author="Wren"><w:r><w:t>x</w:t></w:r></w:ins></w:p>'


def hide(document: Document) -> None:
    document.add_paragraph().add_run("secret").font.hidden = True


def put_picture(document: Document, content: bytes, *, described: bool = True) -> None:
    document.add_picture(io.BytesIO(content), width=Cm(2))
    if described:
        for drawn in document.element.body.iter(
            "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
        ):
            drawn.set("descr", "The arms of Oakshire")


def a_png(size: tuple[int, int] = (20, 20), **texts: str) -> bytes:
    file, info = io.BytesIO(), PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    Image.new("RGB", size, "navy").save(file, "PNG", pnginfo=info)
    return file.getvalue()


def a_jpeg(text: str) -> bytes:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x013B] = text
    Image.new("RGB", (20, 20), "navy").save(file, "JPEG", exif=exif, comment=text.encode(), xmp=text.encode())
    return file.getvalue()


FAULTS: dict[str, tuple[Callable[[Document], Any], str]] = {
    "tracked changes": (lambda document: document.element.body.insert(0, parse_xml(CHANGED)), "tracked changes"),
    "comments": (
        lambda document: document.add_comment(document.add_paragraph("x").runs, text="Ask", author="Wren"),
        "has comments",
    ),
    "hidden text": (hide, "hidden text"),
    "a picture without words": (
        lambda document: put_picture(document, a_png(), described=False),
        "say nothing to somebody",
    ),
    "a picture that is too large": (lambda document: put_picture(document, a_png((5000, 3000))), "too large to draw"),
    "too many pictures": (
        lambda document: [put_picture(document, a_png((20, number))) for number in range(20, 32)],
        "12 pictures",
    ),
    "another language": (
        lambda document: document.styles.element.xpath("//w:lang")[0].set(qn("w:val"), "en-US"),
        "marked as written in en-US",
    ),
    "no language": (
        lambda document: [each.getparent().remove(each) for each in document.styles.element.xpath("//w:lang")],
        "does not say in which language",
    ),
    "no heading": (
        lambda document: setattr(document.paragraphs[1], "style", document.styles["Normal"]),
        "no main heading",
    ),
    "a table without a header row": (lambda document: document.add_table(2, 2), "Table 3 has no header row"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_reader_would_miss_is_refused_with_what_to_do(name: str) -> None:
    edit, said = FAULTS[name]

    found = faults(edited(edit))

    assert said in " ".join(found)


def test_hidden_text_by_a_style_is_found() -> None:
    def edit(document: Document) -> None:
        style = document.styles.add_style("Away", 1)
        style.font.hidden = True
        document.add_paragraph("secret", style="Away")

    assert "hidden text" in " ".join(faults(edited(edit)))


def hidden_style(**attributes: str) -> str:
    given = "".join(f' w:{name}="{value}"' for name, value in attributes.items())
    return f'<w:style w:type="character"{given} w:styleId="A"><w:name w:val="A"/><w:rPr><w:vanish/></w:rPr></w:style>'


BUILT_ON = '<w:style w:type="character" w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>'
IN_STYLE = b'<w:r><w:rPr><w:rStyle w:val="B"/></w:rPr><w:t>{{ reason }}'
ONE_OF_TWO = (
    b'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:t>x</w:t></mc:Choice>'
    b"<mc:Fallback><w:t>{{ reason }}</w:t></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>"
)
HIDDEN: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "what holds for all text": (
        lambda parts: changed(parts, "styles", b"<w:rPrDefault><w:rPr>", b"<w:rPrDefault><w:rPr><w:vanish/>"),
        "hidden text",
    ),
    "the style of text that has none": (
        lambda parts: changed(parts, "styles", b"</w:styles>", f"{hidden_style(default='1')}</w:styles>".encode()),
        "hidden text",
    ),
    "a style on which another builds": (
        lambda parts: changed(
            changed(parts, "styles", b"</w:styles>", f"{hidden_style()}{BUILT_ON}</w:styles>".encode()),
            "document",
            b"<w:r><w:t>{{ reason }}",
            IN_STYLE,
        ),
        "hidden text",
    ),
    "a row of a table": (
        lambda parts: changed(parts, "document", b"<w:trPr>", b"<w:trPr><w:hidden/>"),
        "hidden text",
    ),
    "the half of a text box that is not drawn": (
        lambda parts: changed(parts, "document", b"<w:r><w:t>{{ reason }}", ONE_OF_TWO),
        "says one thing in new Word and another in old",
    ),
    "a size that nobody can read": (
        lambda parts: changed(
            parts, "document", b"<w:r><w:t>{{ reason }}", b'<w:r><w:rPr><w:sz w:val="2"/></w:rPr><w:t>{{ reason }}'
        ),
        "smaller than 6 points",
    ),
}


def changed(parts: dict[str, bytes], name: str, old: bytes, new: bytes) -> dict[str, bytes]:
    assert old in parts[f"word/{name}.xml"]
    return {**parts, f"word/{name}.xml": parts[f"word/{name}.xml"].replace(old, new, 1)}


@pytest.mark.parametrize("how", HIDDEN)
def test_what_nobody_could_see_counts_as_hidden(how: str) -> None:
    hide_it, said = HIDDEN[how]

    assert said in " ".join(faults(packed(hide_it(parts_of(ours())))))


def test_welsh_is_a_language_too() -> None:
    def edit(document: Document) -> None:
        for language in document.styles.element.xpath("//w:lang"):
            language.set(qn("w:val"), "cy-GB")

    layout = checked(KIND, edited(edit)).layout

    assert b"<dc:language>cy-GB</dc:language>" in parts_of(word.make(KIND, invented(KIND), layout))[word.PROPERTIES]


def test_pictures_with_words_may_stay_and_lose_what_a_camera_wrote() -> None:
    def edit(document: Document) -> None:
        put_picture(document, a_png(Author="Wren Ashdown"))
        put_picture(document, a_jpeg("Wren Ashdown"))

    content = edited(edit)
    assert b"".join(parts_of(content).values()).count(b"Wren Ashdown") == 4

    found = checked(KIND, content)

    assert found.faults == ()
    assert b"Wren" not in b"".join(parts_of(found.layout).values())


# --- what is kept of it ---


@pytest.mark.parametrize("code", LAID_OUT)
def test_the_starter_of_every_kind_is_fit_and_taken_in_once_it_stays_the_same(code: str) -> None:
    layout = checked(LAID_OUT[code], ours(code)).layout

    assert layout
    assert checked(LAID_OUT[code], layout).layout == layout


def test_nothing_is_left_of_whoever_made_it() -> None:
    def edit(document: Document) -> None:
        document.core_properties.author = "Wren Ashdown"
        document.core_properties.last_modified_by = "Wren Ashdown"
        document.element.body.xpath("w:p")[0].set(qn("w:rsidR"), "00AA11BB")

    parts = parts_of(edited(edit))
    parts["docProps/app.xml"] = parts["docProps/app.xml"].replace(
        b"</Properties>", b"<Company>Ashdown</Company></Properties>"
    )
    content = packed(parts)
    layout = checked(KIND, content).layout
    with zipfile.ZipFile(io.BytesIO(word.make(KIND, invented(KIND), layout))) as package:
        made = {name: package.read(name) for name in package.namelist()}
        dates = {entry.date_time for entry in package.infolist()}

    for found in (parts_of(layout), made):
        everything = b"".join(found.values())
        assert b"Ashdown" not in everything.replace(b"Wren Ashdown called", b"")
        assert b"rsid" not in everything
        assert b"python-docx" not in everything
    assert dates == {(1980, 1, 1, 0, 0, 0)}


# --- what is proved of each document ---


def a_board_layout() -> bytes:
    """In an order and with words of the Board's own."""

    def edit(document: Document) -> None:
        body = document.element.body
        for element in list(body)[:-1]:
            body.remove(element)
        document.add_paragraph("{{ title }}", style="Heading 1")
        document.add_paragraph("Why: {{ reason }} (our reference {{ heading.reference }}, {{ heading.issued_on }})")
        document.add_paragraph("{%p for each in facts %}")
        document.add_paragraph("{{ loop.index }}. {{ each.name }}: {{ each.value }}.")
        document.add_paragraph("{%p else %}")
        document.add_paragraph("Nothing is known.")
        document.add_paragraph("{%p endfor %}")
        document.add_paragraph("{{ heading.policy }}; {{ heading.business_unit }}; {{ sharing }}")
        document.sections[0].header.add_paragraph("{{ heading.board }}")

    return edited(edit)


@pytest.mark.parametrize("content", CONTENTS)
def test_a_layout_of_its_own_order_and_words_carries_every_text(content: str) -> None:
    layout = checked(KIND, a_board_layout()).layout
    context = CONTENTS[content]["notice_to_board"]

    file = word.make(KIND, context, layout)

    text = " ".join("".join(each.text for each in docx.Document(io.BytesIO(file)).paragraphs).split())
    assert "our reference BRK-2026-0001" in text
    assert word.make(KIND, context, layout) == file


@pytest.mark.parametrize("code", LAID_OUT)
@pytest.mark.parametrize("content", CONTENTS)
def test_every_kind_is_issued_with_a_layout(code: str, content: str) -> None:
    assert word.make(LAID_OUT[code], CONTENTS[content][code], checked(LAID_OUT[code], ours(code)).layout)


def test_a_layout_that_leaves_something_out_issues_nothing() -> None:
    without = replaced("word/document.xml", "{{ fact.value }}", "x")

    with pytest.raises(DocumentFault, match="leaves out facts 1"):
        word.make(KIND, invented(KIND), without)


def test_what_stands_only_in_the_footer_issues_nothing() -> None:
    parts = parts_of(edited(lambda document: document.sections[0].footer.add_paragraph("{{ reason }}")))
    in_footer = packed({**parts, "word/document.xml": parts["word/document.xml"].replace(b"{{ reason }}", b"x")})

    with pytest.raises(DocumentFault, match="leaves out reason"):
        word.make(KIND, invented(KIND), in_footer)


def test_the_same_text_elsewhere_does_not_stand_for_one_that_is_left_out() -> None:
    """Each text is known by its place: reading alone could not tell."""
    context = invented(KIND)
    same = context.model_copy(update={"reason": context.heading.reference})  # type: ignore[union-attr]

    with pytest.raises(DocumentFault, match="leaves out reason"):
        word.make(KIND, same, replaced("word/document.xml", "{{ reason }}", "x"))


def test_a_text_that_is_lost_on_the_way_issues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = placed.environment(lambda text: text.replace("stage 4", "stage 5"))
    compiled = word.compiled_from(io.BytesIO(ours()), "It", lossy)

    with pytest.raises(DocumentFault, match="reason cannot be read in it"):
        word.laid_out(KIND, invented(KIND), compiled)


def test_a_layout_is_compiled_once() -> None:
    layout = checked(KIND, ours()).layout
    word.own.cache_clear()

    for _ in range(3):
        word.make(KIND, invented(KIND), layout)

    assert word.own.cache_info().misses == 1


def test_a_title_with_markup_stays_text() -> None:
    context = CONTENTS["hard"]["notice_to_board"]

    file = word.make(KIND, context, checked(KIND, ours()).layout)

    assert docx.Document(io.BytesIO(file)).core_properties.author == context.heading.board


# --- fences, each broken once ---


BREAKS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "macros": ("macros", lambda broken: broken.setattr(unpacking, "refuse_parts", lambda package: None)),
    "a picture elsewhere": (
        "a picture elsewhere",
        lambda broken: broken.setattr(unpacking, "refuse_what_is_outside", lambda package: None),
    ),
    "a docm renamed": ("a docm renamed", lambda broken: broken.setattr(unpacking, "OTHER_TYPES", {})),
    "ten thousand parts": ("ten thousand parts", lambda broken: broken.setattr(unpacking, "MOST_ENTRIES", 20_000)),
    "a zip bomb": ("a zip bomb", lambda broken: broken.setattr(unpacking, "MOST_TO_ONE", 10_000)),
    "many small bombs": ("many small bombs", lambda broken: broken.setattr(unpacking, "LARGEST_UNPACKED", 10**9)),
    "a name that leads up": (
        "a name that leads up",
        lambda broken: broken.setattr(unpacking, "is_plain", lambda name: True),
    ),
    "DDE": ("DDE", lambda broken: broken.setattr(layouts, "_of_field_codes", lambda package: iter(()))),
    "an altChunk": (
        "an altChunk",
        lambda broken: broken.setattr(layouts, "_of_active_content", lambda package: iter(())),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_without_its_fence_a_hostile_file_is_not_known_for_what_it_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, said = HOSTILE[name]
    _, take_away = BREAKS[name]
    take_away(monkeypatch)

    assert said not in " ".join(faults(make()))


def test_without_the_look_at_names_code_would_be_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    content = with_text("{{ title|upper }}")
    assert faults(content)
    monkeypatch.setattr(tags, "read", lambda kind, paragraphs: tags.Reading())
    monkeypatch.setattr(tags, "missing", lambda kind, readings: iter(()))
    assert faults(content) == (
        "The fields could not be read as Word keeps them. Delete each field and type it again in one go.",
    )
    monkeypatch.setattr(tags, "faults_of_source", lambda kind, source: False)
    (fault,) = faults(content)
    assert "No filter named 'upper'" in fault, "and the environment has nothing that could do harm"


# --- what a kind offers ---


@pytest.mark.parametrize("code", LAID_OUT)
def test_every_field_has_an_example_and_every_text_of_a_document_a_field(code: str) -> None:
    kind = LAID_OUT[code]
    paths = {field.path for field in fields_of(kind)} - {SHARING}

    assert all(example(kind, path) for path in paths)
    for how in How:
        assert isinstance(invented(kind, how), kind.context)


def test_no_connection_is_made_by_any_of_this() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        for kind in ("image", "attachedTemplate", "oleObject", "subDocument", "frame", "hyperlink"):
            assert faults(with_relationship(kind, f"http://127.0.0.1:{port}/x"))
        with pytest.raises(TimeoutError):
            server.accept()
