"""The pages of the Board's own Word layouts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import docx
import pytest
from lxml import html

from forms_app.documents import templates, unpacking
from forms_app.documents.fields import LAID_OUT
from forms_app.services.outbox import Desk, run_due
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.mail.owed import LETTERHEAD, FakePostbox, fake_issue
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

UNIT, CHAIR, RAISER = f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}", f"practitioner@school.{DOMAIN}"
KIND = "/word-layouts/stage_record"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as found:
        yield found


@pytest.fixture
def site(here: Scene, sqlite_url: str) -> Site:
    return site_of(here, sqlite_url)


def work(here: Scene) -> None:
    while run_due(here.workshop, "w1", Desk(FakePostbox(), LETTERHEAD, fake_issue, draw=lambda _: (PNG, PNG))):
        pass


def ours(kind: str = "stage_record") -> bytes:
    return (templates.FOLDER / kind / "record.docx").read_bytes()


def with_paragraph(text: str) -> bytes:
    document, file = docx.Document(io.BytesIO(ours())), io.BytesIO()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


def send(person: Visitor, content: bytes, name: str = "layout.docx") -> object:
    page = html.fromstring(person.get(KIND).text)
    seen = page.xpath("//form[@enctype]//input[@name='seen']/@value")[0]
    return person.post(KIND, {"seen": seen, "file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def words(person: Visitor, path: str = KIND) -> str:
    return " ".join(html.fromstring(person.get(path).text).xpath("//main")[0].text_content().split())


def decide(person: Visitor, decision: str) -> object:
    page = html.fromstring(person.get(KIND).text)
    return person.post(page.xpath("//form[contains(@action, '/decisions/')]/@action")[0], {"decision": decision})


def test_the_list_says_what_is_in_force_for_each_kind(site: Site) -> None:
    person = site.visiting(UNIT)

    page = html.fromstring(person.get("/word-layouts").text)

    assert len(page.xpath("//tbody/tr")) == len(LAID_OUT)
    assert 'href="/word-layouts"' in person.get("/register/today").text
    for link in page.xpath("//tbody//a/@href"):
        assert person.get(link).status_code == 200
        assert person.get(f"{link}/fields").status_code == 200


def test_every_field_is_listed_with_an_example_and_the_loop_in_which_it_stands(site: Site) -> None:
    text = words(site.visiting(UNIT), f"{KIND}/fields")

    assert "{{ heading.reference }} OAK-2026-0001" in text
    assert "{%p for section in sections %}, inside it {%p for answer in section.answers %}" in text
    assert "{%tr for action in actions %}" in text


def test_the_starter_can_be_uploaded_as_it_is_and_waits_for_a_second_person(here: Scene, site: Site) -> None:
    person = site.visiting(UNIT)
    starter = person.get(f"{KIND}/starter")
    assert "attachment; filename=stage-record-service.docx" in starter.headers["Content-Disposition"]

    assert send(person, starter.data).status_code == 303

    text = words(person)
    assert "Version 1, proposed on 1 March 2027" in text
    assert "You proposed it, so somebody else" in text
    assert "Publish" not in html.fromstring(person.page).xpath("string(//div[@class='govuk-button-group'])")
    assert "The service’s own." in text
    assert "pictures are being made" in text
    work(here)
    page = html.fromstring(person.get(KIND).text)
    pictures = page.xpath("//img/@src")
    assert [person.get(src).mimetype for src in pictures] == ["image/png"] * 2
    assert page.xpath("//img/@alt")[0] == "Page 1 of the sample of version 1"


def test_the_chair_publishes_and_the_list_says_who_did(site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    send(unit, ours())

    assert decide(chair, "publish").status_code == 303

    assert "Version 1, published on 1 March 2027" in words(chair)
    assert "Version 1" in words(unit, "/word-layouts")


def test_whoever_proposed_it_cannot_publish_it(site: Site) -> None:
    unit = site.visiting(UNIT)
    send(unit, ours())

    answer = decide(unit, "publish")

    assert answer.status_code == 409
    assert "Somebody else has to publish this layout" in answer.text


def test_two_decide_at_once_and_the_second_sees_who_did_what(site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    send(unit, ours())
    page = html.fromstring(chair.get(KIND).text)
    form = page.xpath("//form[contains(@action, '/decisions/')]/@action")[0]
    decide(unit, "withdraw")

    answer = chair.post(form, {"decision": "publish"})

    assert answer.status_code == 409
    assert "withdrew version 1 on 1 March 2027" in answer.text


def test_an_upload_begun_before_somebody_decided_is_shown_what_happened(site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    send(unit, ours())
    seen = html.fromstring(unit.get(KIND).text).xpath("//form[@enctype]//input[@name='seen']/@value")[0]
    decide(chair, "publish")

    answer = unit.post(KIND, {"seen": seen, "file": (io.BytesIO(ours()), "a.docx")}, content_type="multipart/form-data")

    assert answer.status_code == 409
    assert "published version 1" in answer.text


def test_an_earlier_version_and_the_services_own_come_back_by_two_people(site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    for text in ("one", "two"):
        send(unit, with_paragraph(text))
        decide(chair, "publish")
    for button, in_force in (("Propose version 1", "Version 1"), ("service’s own layout", "The service’s own")):
        page = html.fromstring(unit.get(KIND).text)
        (form,) = page.xpath(f"//form[contains(@action, '/propose')][contains(., '{button}')]")
        fields = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
        assert unit.post(form.get("action"), fields).status_code == 303

        assert decide(chair, "publish").status_code == 303

        assert f"In force {in_force}" in words(unit)


def test_everything_that_is_wrong_is_said_at_once_beside_the_field_and_nothing_is_kept(site: Site) -> None:
    unit = site.visiting(UNIT)

    answer = send(unit, with_paragraph("{{ heading.refrence }} and {{ nobody }}"))

    assert answer.status_code == 422
    text = html.fromstring(answer.text).xpath("//main")[0].text_content()
    assert "2 things in it must be changed" in text
    assert "Did you mean “heading.reference”?" in text
    assert "there is no field “nobody”" in text
    assert "Version 1" not in words(unit)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose the Word file"),
        (b"%PDF-1.7", "The file is a PDF"),
        (b"PK\x03\x04 and nothing", "The file is damaged"),
    ],
)
def test_what_is_no_word_file_is_refused_with_what_to_do(site: Site, content: bytes, said: str) -> None:
    answer = send(site.visiting(UNIT), content, name="Ottilie Marchbank.docx")

    assert answer.status_code == 422
    assert said in answer.text
    assert "Ottilie" not in answer.text


def test_what_is_too_large_is_refused_beside_the_field(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 1000)

    answer = send(site.visiting(UNIT), ours())

    assert answer.status_code == 422
    assert "The file is larger than" in answer.text


def test_the_samples_are_word_files_with_invented_people(site: Site) -> None:
    unit = site.visiting(UNIT)
    send(unit, ours())

    links = html.fromstring(unit.get(KIND).text).xpath("//main//table//a/@href")
    samples = [link for link in links if link.endswith("-sample")]

    assert len(samples) == 2
    for link in samples:
        with zipfile.ZipFile(io.BytesIO(unit.get(link).data)) as package:
            assert package.testzip() is None
            assert b"Oakshire Safeguarding Children Partnership" in package.read("word/document.xml")


def test_others_find_no_such_page(site: Site) -> None:
    raiser, chair = site.visiting(RAISER), site.visiting(CHAIR)
    for path in ("/word-layouts", KIND, f"{KIND}/fields", f"{KIND}/starter"):
        assert raiser.get(path).status_code == 404
        assert site.visitor().get(path).location == "/sign-in"
    chair.get(KIND)
    assert raiser.post(KIND, {}).status_code == 404
    assert chair.post(KIND, {}).status_code == 404
    assert chair.post(f"{KIND}/propose", {"layout": "service"}).status_code == 404


@pytest.mark.parametrize("path", ["/word-layouts/blank_form", "/word-layouts/none", "/word-layouts/none/fields"])
def test_a_kind_that_can_have_no_layout_has_no_page(site: Site, path: str) -> None:
    assert site.visiting(UNIT).get(path).status_code == 404


def test_what_no_page_of_ours_sends_is_refused(site: Site) -> None:
    unit = site.visiting(UNIT)
    send(unit, ours())

    assert unit.post(f"{KIND}/propose", {"layout": "x"}).status_code == 400
    assert decide(unit, "burn").status_code == 404
    assert unit.get(f"/word-layouts/versions/{'0' * 8}-0000-4000-8000-{'0' * 12}").status_code == 404
