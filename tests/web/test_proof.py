"""Checking a file, the key of the service, and everything of an escalation as one file."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.app import create_app
from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    Document,
    DocumentFile,
    Escalation,
    Person,
    StageRecord,
    WordLayout,
)
from forms_app.domain.records import ProformaMade
from forms_app.services import bundles
from forms_app.services.attachments import LOCKED, make_locked_copy, password_of
from forms_app.web.proof import LARGEST_MEGABYTES
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import SERVICE_URL, Site, settings
from tests.web.visitor import Visitor

RAISER, OTHER = f"practitioner@school.{DOMAIN}", f"practitioner@socialcare.{DOMAIN}"
UNIT, STRANGER = f"unit@board.{DOMAIN}", f"practitioner@police.{DOMAIN}"
SIGNING_KEY = b64encode(bytes(range(32))).decode()
MONTH = "2027-03"


@dataclass
class Place:
    scene: Scene
    site: Site
    escalation: UUID

    def visitor(self, email: str) -> Visitor:
        """A second later than whoever came before, so that the last code is the last."""
        self.scene.clock.forward(seconds=1)
        return self.site.signed_in(email)

    def check(self, email: str, content: bytes) -> html.HtmlElement:
        visitor = self.visitor(email)
        visitor.get("/check-a-file")
        answer = upload(visitor, "/check-a-file", content)
        assert answer.status_code == 200, answer.text
        assert "Marchbank" not in answer.text
        return html.fromstring(answer.text)

    def bundle(self, email: str, path: str = "escalations") -> zipfile.ZipFile:
        answer = self.visitor(email).get(f"/{path}/{self.escalation}/bundle")
        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        assert answer.headers["Content-Disposition"] == f"attachment; filename=escalation-{self.reference}.zip"
        return zipfile.ZipFile(io.BytesIO(answer.data))

    @property
    def reference(self) -> str:
        with self.scene.database.reading() as session:
            return session.scalars(select(Escalation.reference).where(Escalation.id == self.escalation)).one()

    def documents(self, kind: str | None = None) -> list[Document]:
        with self.scene.database.reading() as session:
            wanted = select(Document).where(Document.escalation_id == self.escalation)
            found = session.scalars(wanted.order_by(Document.owed_at, Document.id)).all()
            session.expunge_all()
            return [document for document in found if kind in (None, document.kind)]

    def make(self) -> None:
        """Files of each document that has none: what they are is nothing to this service once they are issued."""
        with self.scene.database.writing() as session:
            for document in session.scalars(select(Document).where(Document.issued_at.is_(None))):
                document.issued_at = self.scene.clock.now
                for form in ("docx", "pdf"):
                    content = content_of(document.id, form)
                    digest = hashlib.sha256(content).hexdigest()
                    session.add(
                        DocumentFile(
                            document_id=document.id,
                            format=form,
                            content=content,
                            sha256=digest,
                            issued_at=self.scene.clock.now,
                        )
                    )

    def actions(self) -> list[str]:
        with self.scene.database.reading() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def upload(visitor: Visitor, path: str, content: bytes) -> TestResponse:
    """Built by hand: the test client would write a large file to a disk itself."""
    token = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{visitor.token()}\r\n'
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="Ottilie Marchbank.pdf"\r\n\r\n'
    body = token.encode() + file.encode() + content + b"\r\n--x--\r\n"
    return visitor.post_as_it_is(path, body, content_type="multipart/form-data; boundary=x")


def content_of(document: UUID, form: str) -> bytes:
    return (b"%PDF-1.7 " if form == "pdf" else b"PK\x03\x04 ") + document.bytes + form.encode()


@pytest.fixture
def place(database_url: str) -> Iterator[Place]:
    with scene(database_url, "hull") as here:
        app = create_app(settings(database_url, signing_key=SIGNING_KEY), workshop=here.workshop, poke=lambda: None)
        escalation = here.open().escalation_id
        for _ in range(3):
            here.clock.forward(minutes=1)
            here.step_up(escalation)
        here.clock.forward(minutes=1)
        made = Place(here, Site(app, here.database, here.clock), escalation)  # type: ignore[arg-type]
        made.make()
        yield made


def words(page: html.HtmlElement) -> str:
    return " ".join(page.xpath("//main")[0].text_content().split())


def heading(page: html.HtmlElement) -> str:
    return str(page.xpath("//h1")[0].text_content())


# --- checking a file ---


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_party_learns_which_document_a_file_is(place: Place, form: str) -> None:
    account = place.documents("written_account")[0]

    page = place.check(RAISER, content_of(account.id, form))

    assert heading(page) == "This file was issued by the service"
    assert f"It is “{account.title}” of escalation {place.reference}, issued on 1 March 2027" in words(page)
    assert page.xpath(f"//main//a[@href='/documents/{account.id}']")
    assert place.actions()[-1] == "file_checked"


def test_never_issued_and_not_issued_to_you_are_one_answer(place: Place) -> None:
    account = place.documents("written_account")[0]
    theirs, nobodys = content_of(account.id, "pdf"), b"%PDF-1.7 from somewhere else"

    answers = {words(place.check(STRANGER, content)) for content in (theirs, nobodys, theirs + b" ")}

    assert len(answers) == 1
    assert "This file was not issued to you" in answers.pop()
    assert heading(place.check(RAISER, nobodys)) == "This file was not issued to you"


def test_a_file_that_names_an_escalation_and_is_none_of_its_files_is_called_another(place: Place) -> None:
    changed = b"%PDF-1.7 /Title (Written account, " + place.reference.encode() + b")"

    page = place.check(RAISER, changed)

    assert heading(page) == "This is not the file that was issued"
    assert (
        f"belongs to escalation {place.reference}, but it is not the same as any file that was issued to you"
        in words(page)
    )
    assert page.xpath(f"//main//a[@href='/escalations/{place.escalation}#documents']")
    assert heading(place.check(STRANGER, changed)) == "This file was not issued to you"


def test_the_office_checks_what_names_nobody_and_nothing_else(place: Place) -> None:
    proforma, account = place.documents("board_proforma")[0], place.documents("written_account")[0]

    page = place.check(UNIT, content_of(proforma.id, "pdf"))

    assert heading(page) == "This file was issued by the service"
    assert heading(place.check(UNIT, content_of(account.id, "pdf"))) == "This file was not issued to you"
    named = place.check(UNIT, b"%PDF-1.7 " + place.reference.encode())
    assert heading(named) == "This is not the file that was issued"
    assert not named.xpath("//main//a[contains(@href, '/escalations/')]")


def test_somebody_who_was_sent_a_document_and_has_left_is_told_nothing(place: Place) -> None:
    account = place.documents("written_account")[0]
    visitor = place.visitor(OTHER)
    visitor.get("/check-a-file")
    place.site.leaves(OTHER)

    answer = upload(visitor, "/check-a-file", content_of(account.id, "pdf"))

    assert account.title not in answer.text


def test_the_copy_that_was_sent_is_known_and_its_password_told(place: Place) -> None:
    account = place.documents("written_account")[0]
    make_locked_copy(place.scene.workshop, account.id, lambda pdf, _: pdf + b" locked")
    password = password_of(str(place.site.app.secret_key).encode(), account.id)

    sent = words(place.check(RAISER, content_of(account.id, "pdf") + b" locked"))
    plain = words(place.check(RAISER, content_of(account.id, "pdf")))

    assert f"It opens with the password {password}" in sent
    assert password not in plain
    assert password in words(html.fromstring(place.visitor(RAISER).get(f"/documents/{account.id}").text))
    assert (
        heading(place.check(STRANGER, content_of(account.id, "pdf") + b" locked")) == "This file was not issued to you"
    )


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "Choose the PDF or Word file that you want to check"),
        (b"", "Choose the PDF or Word file that you want to check"),
        (b"MZ a program", "Choose a PDF or a Word file (DOCX)"),
    ],
)
def test_what_is_no_document_is_refused_beside_the_field(place: Place, file: bytes | None, said: str) -> None:
    visitor = place.visitor(RAISER)
    visitor.get("/check-a-file")

    answer = visitor.post("/check-a-file", {}) if file is None else upload(visitor, "/check-a-file", file)

    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert said in page.xpath("//p[@id='file-error']")[0].text_content()
    assert page.xpath("//div[@class='govuk-error-summary']//a[@href='#file']")


def test_a_file_that_is_too_large_is_refused_with_the_limit(place: Place) -> None:
    visitor = place.visitor(RAISER)
    visitor.get("/check-a-file")
    most = LARGEST_MEGABYTES * 1024 * 1024

    fits = upload(visitor, "/check-a-file", b"%PDF-" + bytes(most - 5))
    answer = upload(visitor, "/check-a-file", b"%PDF-" + bytes(most + 100_000))

    assert fits.status_code == 200
    assert answer.status_code == 413
    assert f"smaller than {LARGEST_MEGABYTES} MB" in answer.text


def test_no_other_page_takes_so_much_and_nobody_who_is_not_signed_in(place: Place) -> None:
    large = b"%PDF-" + bytes(3 * 1024 * 1024)

    assert upload(place.site.visitor(), "/check-a-file", large).status_code == 413
    visitor = place.visitor(RAISER)
    visitor.get("/check-a-file")
    assert upload(visitor, "/escalations/new/danger", large).status_code == 413


def test_a_file_that_is_sent_is_not_written_to_a_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Werkzeug would make a temporary file of more than half a megabyte."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    account = place.documents("written_account")[0]

    page = place.check(RAISER, content_of(account.id, "pdf") + bytes(1024 * 1024))

    assert heading(page) == "This file was not issued to you"


def test_the_page_is_linked_from_lists_and_documents(place: Place) -> None:
    for email, path in (
        (RAISER, "/escalations"),
        (RAISER, f"/escalations/{place.escalation}"),
        (UNIT, "/register/today"),
    ):
        page = html.fromstring(place.visitor(email).get(path).text)
        assert page.xpath("//main//a[@href='/check-a-file']"), path


# --- everything as one file ---


def test_a_party_downloads_everything_that_they_may_open(place: Place) -> None:
    with place.bundle(RAISER) as bundle:
        names = bundle.namelist()
        manifest = json.loads(bundle.read("manifest.json"))
        contents = bundle.read("contents.txt")
        listed = {file["name"]: file["sha256"] for document in manifest["documents"] for file in document["files"]}
        assert names == ["manifest.json", "manifest.json.sig", "contents.txt", *listed]
        assert {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in listed} == listed
        assert {entry.date_time for entry in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}

    assert manifest["contents"] == {"name": "contents.txt", "sha256": hashlib.sha256(contents).hexdigest()}
    assert [document["id"] for document in manifest["documents"]] == [str(each.id) for each in owed_to(place, RAISER)]
    assert {document["kind"] for document in manifest["documents"]} >= {"written_account", "stage_record"}
    assert names[3].startswith(f"01-escalation-{place.reference}-written-account")
    assert place.actions()[-1] == "bundle_downloaded"


def owed_to(place: Place, email: str) -> list[Document]:
    with place.scene.database.reading() as session:
        wanted = select(Document).join(Document.deliveries).where(Document.escalation_id == place.escalation)
        wanted = wanted.join(Document.record).where(Delivery.person_id == place.scene.people[email])
        found = session.scalars(wanted.order_by(Document.owed_at, StageRecord.number, Document.kind)).all()
        session.expunge_all()
        return list(found)


def test_the_list_says_what_is_not_issued_yet_and_how_deliveries_stand(place: Place) -> None:
    place.scene.account(place.escalation, by=place.scene.raiser)

    with place.bundle(RAISER) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        contents = bundle.read("contents.txt").decode()

    last = manifest["documents"][-1]
    assert (last["issued_at"], last["files"]) == (None, [])
    assert last["deliveries"]["states"] == {"owed": last["deliveries"]["attached"] + last["deliveries"]["by_link"]}
    assert "Issued: not yet, it is being made" in contents
    first = manifest["documents"][0]
    assert (first["owed_at"], first["issued_at"]) == ("2027-03-01T10:30:00Z", "2027-03-01T10:34:00Z")
    assert "openssl pkeyutl -verify" in contents


def test_the_list_says_what_waits_and_which_layout_a_word_file_has(place: Place) -> None:
    account = place.documents("written_account")[0]
    place.scene.record(place.escalation, ProformaMade(), by=place.scene.raiser)
    with place.scene.database.writing() as session:
        person = session.get_one(Person, place.scene.raiser)
        layout = WordLayout(
            board_id=person.board_id,
            kind=account.kind,
            version=3,
            content=b"",
            sha256="",
            uploaded_by_id=person.id,
            uploaded_at=place.scene.clock.now,
        )
        session.add(layout)
        session.flush()
        session.get_one(Document, account.id).layout_id = layout.id

    with place.bundle(RAISER) as bundle:
        documents = {each["id"]: each for each in json.loads(bundle.read("manifest.json"))["documents"]}
        contents = bundle.read("contents.txt").decode()

    assert documents[str(account.id)]["word_layout"] == 3
    waiting = [each for each in documents.values() if each["state"] == "waits_for_a_second_person"]
    assert [(each["kind"], each["issued_at"], each["files"]) for each in waiting] == [("board_proforma", None, [])]
    assert "Issued: not yet, it waits for a second person" in contents


def test_the_list_names_no_person_and_no_address(place: Place) -> None:
    with place.scene.database.reading() as session:
        people = [(each.name, each.email) for each in session.scalars(select(Person))]

    with place.bundle(RAISER) as bundle:
        said = (
            bundle.read("manifest.json").decode() + bundle.read("contents.txt").decode() + " ".join(bundle.namelist())
        )

    assert [text for names in people for text in names if text in said] == []


def test_what_is_of_the_other_side_or_another_escalation_is_not_in_it(place: Place) -> None:
    other = place.scene.open().escalation_id
    place.make()
    mine = {each.id for each in owed_to(place, RAISER)}
    with place.scene.database.reading() as session:
        others = [each.id for each in session.scalars(select(Document)) if each.id not in mine]
    assert others
    assert any(each.escalation_id == other for each in Place(place.scene, place.site, other).documents())

    answer = place.visitor(RAISER).get(f"/escalations/{place.escalation}/bundle")

    for document in others:
        assert document.bytes not in answer.data
        assert str(document).encode() not in answer.data


def test_the_office_gets_what_names_nobody_with_the_month_alone(place: Place) -> None:
    with place.bundle(UNIT, "register") as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        contents = bundle.read("contents.txt").decode()
        size = len(bundle.namelist())

    assert {document["kind"] for document in manifest["documents"]} == {"board_proforma"}
    assert size == 3 + 2 * len(manifest["documents"])
    for document in manifest["documents"]:
        assert (document["owed_at"], document["issued_at"]) == (MONTH, MONTH)
    assert "Issued: March 2027" in contents
    assert place.visitor(UNIT).get(f"/escalations/{place.escalation}/bundle").status_code == 404
    assert place.visitor(RAISER).get(f"/register/{place.escalation}/bundle").status_code == 404
    assert place.visitor(UNIT).get(f"/register/{uuid4()}/bundle").status_code == 404


def test_a_locked_copy_is_not_in_it(place: Place) -> None:
    account = place.documents("written_account")[0]
    make_locked_copy(place.scene.workshop, account.id, lambda pdf, _: pdf + b" locked")

    answer = place.visitor(RAISER).get(f"/escalations/{place.escalation}/bundle")

    assert b" locked" not in answer.data
    assert LOCKED.encode() not in answer.data


def test_a_stored_file_that_was_changed_leaves_nothing(place: Place) -> None:
    with place.scene.database.writing() as session:
        for file in session.scalars(select(DocumentFile).where(DocumentFile.format == "pdf")):
            file.content = b"%PDF-1.7 changed"

    answer = place.visitor(RAISER).get(f"/escalations/{place.escalation}/bundle")

    assert answer.status_code == 503
    assert "is not the one that was issued" in answer.text


def test_more_than_one_download_can_carry_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LARGEST", 10)

    for email, path in ((RAISER, "escalations"), (UNIT, "register")):
        answer = place.visitor(email).get(f"/{path}/{place.escalation}/bundle")
        assert answer.status_code == 422
        assert "download them one by one" in " ".join(answer.text.split())


# --- the signature ---


def test_the_list_is_signed_and_a_changed_letter_shows(place: Place) -> None:
    key = load_pem_public_key(place.site.visitor().get("/signing-key.pem").data)
    with place.bundle(RAISER) as bundle:
        manifest, signature = bundle.read("manifest.json"), bundle.read("manifest.json.sig")

    key.verify(signature, manifest)  # type: ignore[union-attr, call-arg]
    with pytest.raises(InvalidSignature):
        key.verify(signature, manifest.replace(b"written_account", b"written_accounts"))  # type: ignore[union-attr, call-arg]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL is not installed")
def test_the_line_that_people_are_told_to_type_works(place: Place, tmp_path: Path) -> None:
    with place.bundle(RAISER) as bundle:
        bundle.extractall(tmp_path)
    (tmp_path / "signing-key.pem").write_bytes(place.site.visitor().get("/signing-key.pem").data)

    def typed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(bundles.CHECK.split(), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (typed().returncode, typed().stdout.strip()) == (0, "Signature Verified Successfully")
    (tmp_path / "manifest.json").write_bytes((tmp_path / "manifest.json").read_bytes() + b" ")
    assert typed().returncode == 1


def test_everybody_can_read_the_key_without_signing_in(place: Place) -> None:
    page = html.fromstring(place.site.visitor().get("/signing-key").text)

    pem = place.site.visitor().get("/signing-key.pem").text
    shown = [part.text_content() for part in page.xpath("//main//pre")]
    assert pem.strip() in [part.strip() for part in shown]
    assert bundles.CHECK in shown
    with place.bundle(RAISER) as bundle:
        assert json.loads(bundle.read("manifest.json"))["signed_by"] in shown


def test_without_a_key_the_list_and_the_page_say_so(place: Place) -> None:
    place.site.app.extensions["signing_key"] = None

    with place.bundle(RAISER) as bundle:
        assert "manifest.json.sig" not in bundle.namelist()
        assert json.loads(bundle.read("manifest.json"))["signed_by"] is None
        assert "It is not signed" in bundle.read("contents.txt").decode()
    assert "This service has no key" in place.site.visitor().get("/signing-key").text
    assert place.site.visitor().get("/signing-key.pem").status_code == 404


def test_the_list_says_where_it_was_made(place: Place) -> None:
    with place.bundle(RAISER) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))

    assert (manifest["service"], manifest["reference"]) == (SERVICE_URL, place.reference)
    assert manifest["policy"].startswith("hull@")
    assert list(manifest) == [
        "format", "service", "board", "reference", "policy", "made_at", "signed_by", "contents", "documents",
        "withdrawn", "removed", "places",
    ]  # fmt: skip
