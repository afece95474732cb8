"""Five hundred texts that try to make a document do something: nothing is asked for, opened, worked out or changed."""

from __future__ import annotations

import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from forms_app.documents.catalogue import Issued
from forms_app.documents.contexts import Action, Answer, Context, Party, Section, TimeLimit
from forms_app.documents.press import Press
from forms_app.documents.printable import unprintable
from forms_app.documents.web_version import ELEMENTS
from forms_app.documents.wording import folded, said
from forms_app.domain.errors import UnfitText
from forms_app.domain.text import LONG, gate
from tests.documents.examples import PLAIN
from tests.documents.test_web_version import leaves, tags_of

HOW_MANY = 500
AT_ONCE = 42

SEEDS = {
    # Templates: what a text says must be printed, and never worked out.
    "jinja": "{{ 7191 * 7 }}",
    "jinja, its inside": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "jinja, a program": "{{ cycler.__init__.__globals__.os.popen('touch PLACE').read() }}",
    "jinja, a field": "{{ heading.reference }}",
    "jinja, a statement": "{% for x in range(9) %}x{% endfor %}",
    "jinja, another template": "{% include 'base.html' %}",
    "jinja, an end": "{% endblock %}{% endraw %}",
    "jinja, a comment": "a{# gone? #}b",
    "docxtpl, a paragraph": "{%p if false %}",
    "docxtpl, a row": "{%tr for x in y %}",
    "docxtpl, a run": "{{r 7191 * 7 }}",
    "docxtpl, a break in it": "{_{ 7191 * 7 }_}",
    "docxtpl, its breaks": "a\\nb<w:br/>c{_n_}d",
    "docxtpl, a cell": "{% cellbg 'FF0000' %}{% colspan 3 %}{%- vm -%}",
    "mako": "${7191 * 7} <% import os %> <%include file='/etc/passwd'/>",
    "erb": "<%= 7191 * 7 %>",
    "freemarker": "<#assign x=7191*7>${x} #{7191*7}",
    "an f-string": "{context!r:>10} {0.__class__} {heading}",
    "a format": "%s %n %x %(heading)s %1$s %99999999d",
    # HTML and CSS: a page that would fetch, show or run something.
    "a script": "<script>fetch('HTTP/script')</script>",
    "a picture": "<img src='HTTP/picture' onerror=alert(7191*7)>",
    "a picture by CSS": "<p style=\"background: url('HTTP/css')\">x</p>",
    "a style": "<style>@import url('HTTP/import'); p { display: none }</style>",
    "a linked style": "<link rel=stylesheet href='HTTP/sheet.css'>",
    "a font": "<style>@font-face { font-family: x; src: url('HTTP/font') }</style>",
    "a frame": "<iframe src='file://CANARY'></iframe>",
    "an object": "<object data='file://CANARY'></object><embed src='file://CANARY'>",
    "an attachment": "<link rel=attachment href='file://CANARY'>",
    "a base": "<base href='HTTP/'><a href='javascript:alert(1)'>x</a>",
    "a refresh": "<meta http-equiv=refresh content='0; url=HTTP/refresh'>",
    "a drawing": "<svg xmlns='http://www.w3.org/2000/svg'><image href='HTTP/svg'/></svg>",
    "a content": "p::after { content: url(HTTP/content) attr(title) }",
    "an end of all": "</td></tr></table></body></html><h1>Another document</h1>",
    "an end of the answer": "\"'></p></div><h2>Signed by</h2><p>",
    "hidden": "<span hidden>gone?</span><!-- gone? -->",
    "a form": "<form action='HTTP/form'><input name=x value=y></form>",
    # XML: what a Word file is made of.
    "a run of Word": "</w:t></w:r><w:r><w:t>another</w:t></w:r><w:r><w:t>",
    "a field of Word": '<w:fldSimple w:instr=" INCLUDETEXT &quot;CANARY&quot; "/>',
    "a link of Word": '<w:hyperlink r:id="rId99"><w:r><w:t>x</w:t></w:r></w:hyperlink>',
    "another part": '<w:altChunk r:id="rId1"/><w:object/><w:pict/>',
    "an entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://CANARY">]><x>&e;</x>',
    "an entity from elsewhere": '<!DOCTYPE x [<!ENTITY % e SYSTEM "HTTP/dtd"> %e;]>',
    "many entities": '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>&c;&#x41;&#0;&lt;',
    "an instruction": '<?xml-stylesheet href="HTTP/xsl"?><?php echo 7191*7; ?>',
    "unparsed": "<![CDATA[ <b>x</b> ]]>",
    "an inclusion": '<xi:include href="file://CANARY" parse="text"/>',
    # Addresses alone.
    "an address": "HTTP/plain",
    "a file": "file://CANARY",
    "a file's path": "../../../../../../etc/passwd",
    "a share": "\\\\127.0.0.1\\share\\file",
    "data": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "a script's address": "javascript:alert(7191*7)",
    # PDF, spreadsheets, mail, databases, shells.
    "an end of a PDF": ") Tj ET endstream endobj 1 0 obj << /OpenAction << /S /URI /URI (HTTP/pdf) >> >>",
    "a formula": '=HYPERLINK("HTTP/sheet","x")',
    "a call of a program": "=cmd|' /C calc'!A0",
    "a header": "x\nBcc: everybody@elsewhere.example\nSubject: y",
    "SQL": "Robert'); DROP TABLE documents;-- ' OR '1'='1",
    "a shell": "$(touch PLACE) `touch PLACE`; touch PLACE | touch PLACE",
    # Letters: some cannot be printed and have to be refused, none may change.
    "directions": "safe\u202eelif\u202c \u2066x\u2069 \u200fy",
    "controls": "a\x00b\x07c\x1bd",
    "half a letter": "a\ud800b",
    "no letter": "a\ufffeb\uffff",
    "without ink": "pass\u200bword \u00adsoft\u2060 \ufeffx",
    "look-alikes": "\u0420ayment \u0430dmin \uff1cscript\uff1e \u212a",
    "accents": "Z\u0351\u0343\u034aa\u0325l\u0327g\u0308o\u0301",
    "a long word": "W" * 160,
    "many brackets": "{" * 40 + "<" * 40 + "[" * 40,
    "many spaces": "a" + " " * 60 + "b\t\tc",
    "lines": "a\n\n\nb\r\nc\x0bd\u2028e",
    "quotation marks": "‘’“”'\"`´\\\\",
    "pictures": "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 ☎️ 😀",
}
PLACES = (
    "{}",
    "Seen at home, {} and then left.",
    "\"{}\" and '{}'",
    "</p></td></w:t>{}<w:t><td><p>",
    "{{{{ {} }}}}",
    "-->{}<!--",
    "]]>{}&{};",
    "{}\n\n{}",
)


@dataclass
class Listener:
    """Somebody who waits for a connection on this machine."""

    connections: list[object] = field(default_factory=list)
    port: int = 0


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    found = Listener()
    with socket.create_server(("127.0.0.1", 0)) as server:
        found.port = server.getsockname()[1]

        def wait() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                found.connections.append(address)
                connection.close()

        threading.Thread(target=wait, daemon=True).start()
        yield found
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("canary") / "canary.txt"
    file.write_text(CANARY)
    return file


CANARY = "Theodosia Wrexcombe lives at 7 Quillfeather Row"


@pytest.fixture(scope="module")
def texts(listener: Listener, canary: Path) -> list[str]:
    every = [place.format(*[seed] * place.count("{}")) for place in PLACES for seed in SEEDS.values()]
    told = {"HTTP": f"http://127.0.0.1:{listener.port}", "CANARY": str(canary), "PLACE": str(canary.parent / "run")}
    found = []
    for text in every[:HOW_MANY]:
        for name, value in told.items():
            text = text.replace(name, value)
        found.append(text)
    return found


@pytest.fixture(scope="module")
def kept(texts: list[str]) -> list[str]:
    """Those that come in, in the form in which they are kept."""
    return [text for text in map(through_the_gate, texts) if text is not None]


def through_the_gate(text: str) -> str | None:
    try:
        return gate(text, limit=LONG, unprintable=unprintable)
    except UnfitText:
        return None


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with Press() as opened:
        yield opened


def documents_of(kept: Sequence[str], at_once: int) -> Iterator[tuple[str, Context]]:
    """Each text once, in every kind of place in turn: headings, questions, answers, names and cells of tables."""
    for start in range(0, len(kept), at_once):
        some = kept[start : start + at_once]
        sections, cells = some[::2], cycle(some[1::2] or some)
        answers = tuple(
            Answer(question=first, answer=second) for first, second in zip(sections[::2], sections[1::2], strict=False)
        )
        rest = tuple(Answer(question="What else?", answer=one) for one in sections[len(answers) * 2 :])
        people = len(some) // 12 + 1
        change = {
            "sections": (Section(title=some[0], answers=answers + rest),),
            "parties": tuple(
                Party(**dict(zip(Party.model_fields, islice(cells, 4), strict=True))) for _ in range(people)
            ),
            "actions": tuple(
                Action(**dict(zip(Action.model_fields, islice(cells, 3), strict=True))) for _ in range(people)
            ),
            "time_limits": tuple(
                TimeLimit(**dict(zip(TimeLimit.model_fields, islice(cells, 4), strict=True))) for _ in range(people)
            ),
        }
        code = ("stage_record", "written_account", "written_confirmation", "referral")[start // at_once % 4]
        whole = PLAIN[code]
        own = {name: value for name, value in change.items() if name in type(whole).model_fields}
        yield code, whole.model_copy(update=own)


def test_there_are_five_hundred_of_which_no_two_are_alike(texts: list[str]) -> None:
    assert len(set(texts)) == HOW_MANY


def test_what_is_refused_is_what_cannot_be_printed_and_nothing_else(texts: list[str]) -> None:
    refused = [text for text in texts if through_the_gate(text) is None]

    # Controls, directions, halves of letters, what is no letter; and a shape of a sign that our fonts do not have.
    strange = re.compile("[\x00-\x08\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\uff1c]")
    assert all(strange.search(text) for text in refused)
    assert len(refused) < HOW_MANY / 10


def test_nothing_is_asked_for_opened_worked_out_or_changed(
    kept: list[str], press: Press, listener: Listener, canary: Path, release: bool
) -> None:
    said_so_far = set()
    for code, context in documents_of(kept, 1 if release else AT_ONCE):
        made = press.issue(code, context)
        assert changed(made, context) == []
        assert living(made) == []
        assert CANARY.encode() not in everything_in(made)
        said_so_far.update(text.text for text in said(context))

    assert set(kept) <= said_so_far
    assert listener.connections == []
    assert [file.name for file in canary.parent.iterdir()] == [canary.name]


def changed(made: Issued, context: Context) -> list[str]:
    """Where a file, as others read it, does not say what the context says."""
    wanted = [(text.place, folded(text.text)) for text in said(context)]
    paragraphs = set(word_paragraphs(made.docx))
    printed = printed_text(made.pdf, context.heading.reference)
    shown = set(leaves(made.page))
    return [
        *(f"Word: {place}" for place, text in wanted if text not in paragraphs),
        *(f"PDF: {place}: {text}" for place, text in wanted if "".join(text.split()) not in printed),
        *(f"Page: {place}" for place, text in wanted if text not in shown),
    ]


def word_paragraphs(document: bytes) -> Iterator[str]:
    for element in docx.Document(io.BytesIO(document)).element.body.iter(qn("w:p")):
        runs = element.iter(qn("w:t"), qn("w:br"), qn("w:tab"))
        yield folded("".join((run.text or "") if run.tag == qn("w:t") else "\n" for run in runs))


def printed_text(pdf: bytes, reference: str) -> str:
    """Without white space, and without the foot of each page, which may come in the middle of an answer."""
    foot = re.compile(rf"{re.escape(reference)}Page\d+of\d+$")
    pages = ["".join(folded(page.extract_text()).split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert all(foot.search(page) for page in pages)
    return "".join(foot.sub("", page) for page in pages)


DOES_SOMETHING = (
    "/URI",
    "/JavaScript",
    "/JS",
    "/Launch",
    "/EmbeddedFile",
    "/OpenAction",
    "/AA",
    "/GoToR",
    "/SubmitForm",
)
OWN_FIELD = re.compile(r'<w:fldSimple w:instr="\s*(?:PAGE|NUMPAGES)\b[^"]*"')
IN_WORD = ("fldSimple", "instrText", "altChunk", "hyperlink", "object", "pict", "drawing")


def living(made: Issued) -> list[str]:
    """What would do something when the file is opened."""
    found = []
    read = pypdf.PdfReader(io.BytesIO(made.pdf))
    for number in range(1, len(read.xref_objStm) + sum(map(len, read.xref.values()))):
        value = read.get_object(number) if known(read, number) else None
        found += [name for name in DOES_SOMETHING if isinstance(value, dict) and name in value]
    with zipfile.ZipFile(io.BytesIO(made.docx)) as package:
        for name in package.namelist():
            content = OWN_FIELD.sub("", package.read(name).decode("utf-8", "replace"))
            found += [f"{name}: external" for _ in re.findall('TargetMode="External"', content)]
            found += [f"{name}: {element}" for element in IN_WORD if re.search(rf"<(?:\w+:)?{element}[ />]", content)]
    return found + [f"page: {tag}" for tag in tags_of(made.page) if tag not in ELEMENTS]


def known(read: pypdf.PdfReader, number: int) -> bool:
    return number in read.xref_objStm or any(number in generation for generation in read.xref.values())


def everything_in(made: Issued) -> bytes:
    with zipfile.ZipFile(io.BytesIO(made.docx)) as package:
        parts = [package.read(name) for name in package.namelist()]
    pages = [page.extract_text().encode("utf-8", "replace") for page in pypdf.PdfReader(io.BytesIO(made.pdf)).pages]
    return b"".join([*parts, *pages, made.pdf, made.page])


def test_these_checks_find_what_they_look_for(press: Press, listener: Listener) -> None:
    context = PLAIN["written_account"]
    made = press.issue("written_account", context)
    other = context.model_copy(update={"stage": "Another stage"})

    assert changed(made, other) == ["Word: stage", "PDF: stage: Another stage", "Page: stage"]
    assert living(replace(made, docx=with_link(made.docx))) == ["word/other.xml: hyperlink"]
    before = len(listener.connections)
    socket.create_connection(("127.0.0.1", listener.port)).close()
    for _ in range(100):
        if len(listener.connections) > before:
            break
        threading.Event().wait(0.05)
    assert len(listener.connections) == before + 1


def with_link(document: bytes) -> bytes:
    file = io.BytesIO(document)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("word/other.xml", '<w:hyperlink r:id="rId1"/>')
    return file.getvalue()
