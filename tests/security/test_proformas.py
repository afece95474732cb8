"""Seeded escalations full of identifiers, and not one of them in any part of any de-identified document or around it.

Every escalation is walked to the Board's meeting with a gap in the policy found, so that its Board is owed all four kinds.
Somebody first writes short texts that name everybody; those cannot be sent before the check has been through them.
"""

from __future__ import annotations

import html
import io
import logging
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pikepdf
import pypdf
import pytest
from sqlalchemy import select

from forms_app.commands.invented import invented_board
from forms_app.db.tables import AuditEntry, Document, DocumentFile, OutboxItem
from forms_app.deidentification.folding import compact, fold
from forms_app.documents.catalogue import Issued, file_name, kind_of
from forms_app.documents.contexts import BoardProforma, Context, Fact
from forms_app.documents.issue import issue
from forms_app.domain.acts import Act
from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.filing import Filed, Written
from forms_app.domain.policy import DEIDENTIFIED, DocumentKind
from forms_app.domain.records import AgreedAction, Facts
from forms_app.domain.register_filters import Filters
from forms_app.domain.release import Decision
from forms_app.mail.compose import Letterhead
from forms_app.mail.travelling import as_bytes
from forms_app.services import escalations, releasing
from forms_app.services.outbox import Desk, run_due
from forms_app.services.register import board_view
from forms_app.services.register_pages import register_file, register_page
from forms_app.services.releasing import SHORT_TEXTS
from forms_app.services.today import today
from tests.deidentification.families import nhs_number
from tests.deidentification.spelling import HIDDEN, MISTYPED, WRITTEN, Spelling, spaced_out
from tests.factories.releases import held, keep_all, let_out, release_of
from tests.factories.scenes import Scene, scene
from tests.factories.walks import who_may
from tests.mail.owed import FakePostbox

SYLLABLES = (
"zor", "quil", "vax", "brem", "dwy", "frith", "gorb", "hesk", "jund", "kvel", "lomb", "myx", "nurb", "oxt",
    "plim", "skarn", "threv", "umz", "wexl", "yolb",
)  # fmt: skip
DAILY, RELEASE, DRAWN = 10, 200, 10
"""How many escalations there are, and of how many of them one is drawn and posted: what all of them say is read."""
KINDS = {kind.value for kind in DEIDENTIFIED}


@dataclass(frozen=True)
class Family:
    """Invented so that no part of it stands anywhere else."""

    subject: dict[str, str]
    identifiers: tuple[str, ...]
    """At least twelve, each as the records have it."""


@dataclass
class Confiding(Scene):
    """A scene in which people name everybody in whatever they write, each time in another spelling."""

    chance: Random = field(default_factory=lambda: Random(0))
    family: Family | None = None
    families: dict[UUID, Family] = field(default_factory=dict)
    typed: dict[UUID, set[str]] = field(default_factory=dict)
    """What was typed of each escalation's family."""
    now_typed: set[str] = field(default_factory=set)

    def open_for(self, family: Family) -> UUID:
        self.family, self.now_typed = family, set(family.identifiers)
        answers = tuple(Answered(id=name, question=name, answer=text) for name, text in family.subject.items())
        stage = self.policy.main.stages[0]
        concern = replace(
            self.concern(self.policy.main.id, self.named(stage, opening=True)),
            subject=(Section(title="Subject", answers=answers),),
        )
        concern = replace(concern, written=self.prose(concern.written))
        with self.workshop.writing() as work:
            filed = escalations.open_escalation(work, by=self.raiser, concern=concern)
        self.typed[filed.escalation_id], self.families[filed.escalation_id] = self.now_typed, family
        return filed.escalation_id

    def prose(self, given: Written) -> Written:
        """An answer to every question of the policy, also to those that the proforma may tell of."""
        asked = (*self.policy.questions[:6], *(each for each in self.policy.questions if each.on_proforma))
        answers = tuple(Answered(id=each.id, question=each.label, answer=self.tells()) for each in asked)
        sections: Sections = (Section(title="What happened", answers=answers),)
        return replace(given, sections=sections)

    def tells(self) -> str:
        return "The worker knew that " + " and that ".join(self.spelt(each) for each in self.some(4)) + " were there."

    def some(self, count: int) -> list[str]:
        assert self.family is not None
        return self.chance.sample(self.family.identifiers, count)

    def spelt(self, identifier: str) -> str:
        if any(sign.isdigit() for sign in identifier):
            self.now_typed.add(identifier)
            return identifier
        spellings: tuple[Spelling, ...] = self.chance.choice((WRITTEN, HIDDEN, MISTYPED))
        spelling = self.chance.choice(spellings)
        spelt = spelling(identifier, self.chance)
        if spelling is not spaced_out:
            self.now_typed.add(spelt)
        return spelt

    def record(self, escalation: UUID, facts: Facts, *, by: UUID, people: Any = (), **_: Any) -> Filed:
        with self.workshop.writing() as work:
            return escalations.record(
                work,
                by=by,
                escalation_id=escalation,
                seen=self.seen(escalation),
                facts=facts,
                written=self.prose(
                    Written(form_key=UUID(int=self.chance.getrandbits(128)), sections=(), happened_on=self.today)
                ),
                people=tuple(people),
            )

    def settle(self, escalation: UUID) -> None:
        """Ends it at the Board's meeting, with names in everything that the outcome lets a person type."""
        while self.stage(escalation).id != self.policy.main.stages[-1].id:
            self.step_up(escalation)
        self.hold(escalation)
        closer = who_may(self, escalation, Act.RECORD_OUTCOME)[-1].person
        action = AgreedAction(what=self.tells(), who=self.spelt(self.some(1)[0]), by_when=self.today)
        self.outcome(
            escalation,
            by=closer,
            policy_gap=True,
            actions=(action,),
            outstanding=self.tells(),
            learning=tuple(choice.id for choice in self.policy.learning[:1]),
        )


@dataclass
class Proformas:
    here: Confiding
    postbox: FakePostbox
    temporary: Path
    log: io.StringIO
    drawn: list[UUID] = field(default_factory=list)

    def deliver(self) -> None:
        """Draws and posts everything that is owed so far."""
        self.drawn = list(self.here.typed)
        desk = Desk(self.postbox, Letterhead("no-reply@forms.example", "https://forms.example"), only_deidentified)
        while run_due(self.here.workshop, "worker", desk):
            pass

    def documents(self, escalation: UUID) -> list[Document]:
        with self.here.database.reading() as session:
            wanted = select(Document).where(Document.escalation_id == escalation, Document.kind.in_(KINDS))
            found = list(session.scalars(wanted))
            session.expunge_all()
            return found

    def files(self, document: UUID) -> list[tuple[str, bytes]]:
        with self.here.database.reading() as session:
            wanted = select(DocumentFile.format, DocumentFile.content).where(DocumentFile.document_id == document)
            return [(file_format, content) for file_format, content in session.execute(wanted)]


def only_deidentified(kind: str, context: Context, layout: bytes | None = None) -> Issued:
    """The real code for what this is about; the others take time and are not looked at."""
    return (
        issue(kind, context, layout) if kind in KINDS else Issued(docx=b"PK", pdf=b"%PDF", page=b"<article></article>")
    )


def name(chance: Random) -> str:
    return "".join(chance.sample(SYLLABLES, 2)).title()


def family(chance: Random) -> Family:
    first, surname, known, mother, brother, gran, doctor, friend = (name(chance) for _ in range(8))
    street, town, school, practice = (name(chance) for _ in range(4))
    number, case = nhs_number(chance), f"{chance.randint(10**7, 10**8)}"
    postcode = f"BN{chance.randint(10, 99)} {chance.randint(1, 9)}ZQ"
    phone = f"07700 900{chance.randint(100, 999)}"
    email = f"{mother.lower()}@{town.lower()}.example"
    subject = {
        "names": f"{first} {surname}",
        "known_as": known,
        "births": "4 March 2019",
        "family": f"Mother: {mother} {surname}\nBrother {brother}\nGrandmother {gran}\nHer friend {friend}",
        "address": f"{chance.randint(2, 99)} {street} Lane\n{town}\n{postcode}",
        "school": f"{school} Primary School",
        "gp": f"Dr {doctor}, {practice} Surgery",
        "numbers": f"NHS {number}, case {case}, telephone {phone}, email {email}",
    }
    names = (first, surname, known, mother, brother, gran, doctor, friend, street, town, school, practice)
    return Family(subject, (*names, f"{first} {surname}", number, case, postcode, phone, email, "4 March 2019"))


@pytest.fixture(scope="module")
def proformas(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, release: bool) -> Iterator[Proformas]:
    """Every escalation opened, settled, prepared and released; the first ones drawn and posted."""
    folder = tmp_path_factory.mktemp("proformas")
    (folder / "temporary").mkdir()
    file = folder / "forms.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    before, tempfile.tempdir = tempfile.tempdir, str(folder / "temporary")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with scene(f"sqlite:///{file}", "berkshire") as made:
            here = Confiding(made.database, made.policy, made.people, made.clock, made.shelf, chance=Random(20261122))
            all_of_them = Proformas(here, FakePostbox(), folder / "temporary", log)
            count = RELEASE if release else DAILY
            for number in range(count):
                escalation = here.open_for(family(here.chance))
                here.settle(escalation)
                for waiting in held(here.workshop, escalation):
                    let_go(all_of_them, escalation, waiting.document_id)
                if number == count // DRAWN - 1:
                    all_of_them.deliver()
            yield all_of_them
    finally:
        tempfile.tempdir = before
        logging.getLogger().removeHandler(handler)


def let_go(proformas: Proformas, escalation: UUID, document: UUID) -> None:
    """Prepared with texts that name everybody, which cannot be sent; then without the names; then released."""
    here = proformas.here
    here.now_typed, here.family = here.typed[escalation], here.families[escalation]
    waiting = release_of(here.workshop, document)
    texts = {each: here.tells() for each in SHORT_TEXTS[waiting.document.kind]}
    with here.workshop.writing() as work:
        releasing.write_texts(work, by=here.raiser, document_id=document, seen=waiting.revision, texts=texts)
    with pytest.raises(NotAllowedNow), here.workshop.writing() as work:
        releasing.send(work, by=here.raiser, document_id=document, seen=release_of(here.workshop, document).revision)
    while found := [each for each in release_of(here.workshop, document).findings if each.field.startswith("text:")]:
        removed = [Decision(each.number, "remove") for each in found]
        seen = release_of(here.workshop, document).revision
        with here.workshop.writing() as work:
            releasing.resolve(work, by=here.raiser, document_id=document, seen=seen, decisions=removed)
    keep_all(here.workshop, document, by=here.raiser)
    with here.workshop.writing() as work:
        releasing.send(work, by=here.raiser, document_id=document, seen=release_of(here.workshop, document).revision)
    let_out(here.workshop, document, by=here.holder("business_unit"))


# --- looking -----------------------------------------------------------------------------------------------------


def leaks(text: str, identifiers: Iterable[str]) -> list[str]:
    """Which identifiers stand in a text, as they were typed or however they are spelt."""
    plain, joined = folded(text), compact(text)
    return [
        each
        for each in identifiers
        if folded(each) in plain or (len(joined_up(each)) > 4 and joined_up(each) in joined)
    ]


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    return fold(text).text.casefold()


@lru_cache(maxsize=20_000)
def joined_up(text: str) -> str:
    """A word without anything between its letters; digits could stand beside each other by chance."""
    return "" if text.isdigit() else compact(text)


def raw_leaks(content: bytes, identifiers: Iterable[str]) -> list[str]:
    forms = ("utf-8", "utf-16-be", "utf-16-le")
    return [each for each in identifiers if any(each.encode(form) in content for form in forms)]


def parts_of_docx(content: bytes) -> Iterator[tuple[str, str]]:
    """Every name, comment and part of the package, with its markup and without."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        yield "the package", package.comment.decode("utf-8", "replace")
        for entry in package.infolist():
            part = package.read(entry).decode("utf-8", "replace")
            yield f"{entry.filename}: its entry", f"{entry.filename} {entry.comment!r} {entry.extra!r}"
            yield entry.filename, part
            yield f"{entry.filename}: its words", re.sub(r"<[^>]*>", "", part)


def parts_of_pdf(content: bytes) -> Iterator[tuple[str, str]]:
    """Its words, its properties, its XMP, and every string of it."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    yield "the pages", "\n".join(page.extract_text() for page in reader.pages)
    yield "the properties", str(dict(reader.metadata or {}))
    with pikepdf.open(io.BytesIO(content)) as file:
        if "/Metadata" in file.Root:
            yield "the XMP", file.Root.Metadata.read_bytes().decode()
        yield "the strings", "\n".join(text for each in file.objects for text in strings_of(each))


def parts_of_page(content: bytes) -> Iterator[tuple[str, str]]:
    yield "the markup", html.unescape(content.decode())
    yield "the words", html.unescape(re.sub(r"<[^>]*>", "", content.decode()))


def streams_of_pdf(content: bytes) -> list[bytes]:
    """Every stream, unpacked; letters of a page are numbers of glyphs there."""
    with pikepdf.open(io.BytesIO(content)) as file:
        return [each.read_bytes() for each in file.objects if isinstance(each, pikepdf.Stream)]


def strings_of(value: Any) -> Iterator[str]:
    match value:
        case pikepdf.String() | pikepdf.Name():
            yield str(value)
        case pikepdf.Dictionary() | pikepdf.Stream():
            for key, each in value.items():
                yield str(key)
                yield from () if getattr(each, "is_indirect", False) else strings_of(each)
        case pikepdf.Array():
            for each in value:
                yield from () if getattr(each, "is_indirect", False) else strings_of(each)
        case _:
            pass


def leaks_in(file_format: str, content: bytes, identifiers: Iterable[str]) -> list[tuple[str, str]]:
    known = list(identifiers)
    is_word = file_format == "docx"
    parts = (
        parts_of_docx(content) if is_word else parts_of_pdf(content) if file_format == "pdf" else parts_of_page(content)
    )
    found = [(place, leak) for place, text in parts for leak in leaks(text, known)]
    for raw in (content, *(streams_of_pdf(content) if file_format == "pdf" else ())):
        found += [("the bytes", leak) for leak in raw_leaks(raw, known)]
    return found


def people_of(here: Scene) -> Iterator[str]:
    """The names, addresses, posts and agencies of everybody in the Board's area but its own office."""
    for agency in invented_board(here.policy).given.agencies[1:]:
        yield agency.name
        for person in agency.people:
            yield from (person.name, person.email)


# --- the proof ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-40", "U-49")
def test_every_board_is_told_by_all_four_kinds_and_each_escalation_has_twelve_identifiers(proformas: Proformas) -> None:
    for escalation, typed in proformas.here.typed.items():
        documents = proformas.documents(escalation)

        assert {each.kind for each in documents} == KINDS
        assert escalation not in proformas.drawn or all(each.issued_at is not None for each in documents)
        assert len(typed) >= 12


def test_what_a_document_says_names_nobody(proformas: Proformas) -> None:
    people = list(people_of(proformas.here))
    for escalation, typed in proformas.here.typed.items():
        for document in proformas.documents(escalation):
            assert leaks(document.context, [*typed, *people]) == []


@pytest.mark.requirement("U-40", "U-49")
def test_no_part_of_a_file_names_anybody(proformas: Proformas) -> None:
    people = list(people_of(proformas.here))
    for escalation in proformas.drawn:
        typed = proformas.here.typed[escalation]
        for document in proformas.documents(escalation):
            files = proformas.files(document.id)

            assert {file_format for file_format, _ in files} == {"docx", "page", "pdf"}
            for file_format, content in files:
                assert leaks_in(file_format, content, [*typed, *people]) == [], document.kind


def test_no_list_title_or_file_name_names_the_family(proformas: Proformas) -> None:
    here = proformas.here
    everything = sorted(set().union(*here.typed.values()))
    with here.workshop.writing() as work:
        unit = here.holder("business_unit")
        lists = repr(register_page(work, by=unit, filters=Filters())) + repr(today(work, by=unit))
        lists += register_file(work, by=unit, filters=Filters(), file_format="csv").decode()
        with zipfile.ZipFile(io.BytesIO(register_file(work, by=unit, filters=Filters(), file_format="xlsx"))) as opened:
            lists += "".join(opened.read(name).decode() for name in opened.namelist())
        lists += "".join(repr(board_view(work, by=unit, escalation_id=each)) for each in here.typed)
        lists += repr([(row.action, row.about_id) for row in work.session.scalars(select(AuditEntry))])
        lists += repr([(row.kind, row.fault, row.payload) for row in work.session.scalars(select(OutboxItem))])
        for document in work.session.scalars(select(Document)):
            lists += f" {document.title} "
            if document.kind in KINDS:
                lists += file_name(kind_of(document.kind), "INV-1", "pdf")

    assert leaks(lists, everything) == []


def test_no_message_names_the_family(proformas: Proformas) -> None:
    everything = sorted(set().union(*proformas.here.typed.values()))

    assert len(proformas.postbox.posted) > 4 * len(proformas.drawn) > 0
    words = "\n".join(f"{message.subject}\n{message.body}" for message in proformas.postbox.posted)
    sent = b"".join(as_bytes(replace(message, attachments=())) for message in proformas.postbox.posted)
    names = " ".join(each.name for message in proformas.postbox.posted for each in message.attachments)
    assert leaks(words, everything) == []
    assert raw_leaks(sent, everything) == []
    assert leaks(names, everything) == []


def test_no_log_line_and_no_temporary_file_names_the_family(
    proformas: Proformas, capfd: pytest.CaptureFixture[str]
) -> None:
    everything = sorted(set().union(*proformas.here.typed.values()))
    files = [each for each in proformas.temporary.rglob("*") if each.is_file()]

    assert leaks(proformas.log.getvalue(), everything) == []
    assert [each for each in files if leaks(each.name, everything) or raw_leaks(each.read_bytes(), everything)] == []


# --- each way of looking is seen to find something ------------------------------------------------------------------


LEAK = "Zorquilvax Bremdwy"


@pytest.fixture(scope="module")
def leaking(proformas: Proformas) -> Issued:
    """A proforma with a name in a field that nobody looked at."""
    documents = (each for escalation in proformas.here.typed for each in proformas.documents(escalation))
    made = next(each for each in documents if each.kind == DocumentKind.BOARD_PROFORMA)
    context = BoardProforma.model_validate_json(made.context)
    return issue(made.kind, context.model_copy(update={"facts": (*context.facts, Fact(name="Seen", value=LEAK))}))


@pytest.mark.parametrize("spelling", [LEAK, "zorquilvax", "Zorquil-vax", "ZORQUILVAX BREMDWY"])
def test_a_name_in_a_field_is_found_in_every_file(spelling: str, leaking: Issued) -> None:
    assert leaks_in("docx", leaking.docx, [spelling])
    assert leaks_in("pdf", leaking.pdf, [spelling])
    assert leaks_in("page", leaking.page, [spelling])


def test_a_name_in_a_property_an_entry_or_a_stream_is_found(leaking: Issued) -> None:
    package = io.BytesIO(leaking.docx)
    with zipfile.ZipFile(package, "a") as parts:
        parts.writestr("docProps/Threvmyx.xml", "<a/>")
        parts.comment = b"Kvellomb"
    changed = io.BytesIO()
    with pikepdf.open(io.BytesIO(leaking.pdf)) as file:
        file.docinfo["/Author"] = "Skarngorb"
        file.Root["/Own"] = file.make_stream(b"Jundhesk")
        file.Root["/Also"] = pikepdf.Array([pikepdf.Dictionary(Said="Nurboxt")])
        file.save(changed)

    assert {leak for _, leak in leaks_in("docx", package.getvalue(), ["Threvmyx", "Kvellomb"])} == {
        "Threvmyx",
        "Kvellomb",
    }
    assert {leak for _, leak in leaks_in("pdf", changed.getvalue(), ["Skarngorb", "Jundhesk", "Nurboxt"])} == {
        "Skarngorb", "Jundhesk", "Nurboxt"
    }  # fmt: skip
