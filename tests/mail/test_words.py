"""The words of every kind of email, in both languages: what they say, and what they can never say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from jinja2 import meta

from forms_app.mail import compose
from forms_app.mail.compose import EVERY_WORD, LANGUAGES, TEMPLATES, WORDS, Kind, Message, Office
from forms_app.mail.examples import EXAMPLES, Example, example_message

OFFICE = Office("Brackenshire Partnership", "01632 960001")
LONG = Office(
    "Gŵyr, Llŷr & “Sir Gâr” Safeguarding Children Partnership Board (North West)", "+44 (0)1632 960001 ext. 12"
)
DANGER = {"en": "ring 999", "cy": "ffoniwch 999"}
COMPUTER = {"en": "sent by a computer", "cy": "gan gyfrifiadur"}
TO_THE_OFFICE = {
    Kind.WITHDRAWAL,
    Kind.RELEASE_WAITS,
    Kind.REPORT_WAITS,
    Kind.LAYOUT_FAILED,
    Kind.PLACE_EMPTY,
    Kind.MANY_DOWNLOADS,
}
EVERY = [(kind, example, language) for kind in Kind for example in EXAMPLES[kind] for language in LANGUAGES]
every_message = pytest.mark.parametrize(
    ("kind", "example", "language"),
    EVERY,
    ids=[f"{kind}-{example.when}-{language}" for kind, example, language in EVERY],
)


def test_every_kind_has_a_folder_and_every_folder_is_of_a_kind() -> None:
    assert {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()} == {kind.value for kind in Kind}
    assert set(WORDS) == set(EXAMPLES) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_each_of_its_texts_in_both_languages_and_they_use_the_same_words(kind: Kind) -> None:
    names = {file.name for file in (TEMPLATES / kind).iterdir()}
    english = {name for name in names if name.endswith(".en.txt")}

    assert {"subject.en.txt", "body.en.txt"} <= english
    assert names == english | {name.replace(".en.", ".cy.") for name in english}
    for name in english:
        used = words_of(f"{kind}/{name}")
        assert used == words_of(f"{kind}/{name.replace('.en.', '.cy.')}")
        assert used <= WORDS[kind] | EVERY_WORD
    assert set().union(*(words_of(f"{kind}/{name}") for name in english)) >= WORDS[kind]


def words_of(template: str) -> set[str]:
    environment = compose._environments["en"]
    parsed = environment.parse((Path(TEMPLATES) / template).read_text())
    included = {name for name in meta.find_referenced_templates(parsed) if name is not None}
    return meta.find_undeclared_variables(parsed).union(*(words_of(name) for name in included))


@every_message
def test_a_message_says_whose_it_is_what_to_do_and_whom_to_ring(kind: Kind, example: Example, language: str) -> None:
    message = example_message(OFFICE, kind, example, language)

    assert message.subject.startswith("Brackenshire Partnership: ")
    assert message.body.splitlines()[0] == "Brackenshire Partnership"
    for wanted in ("reference", "link"):
        assert str(example.words.get(wanted, "")) in message.body
    if kind not in TO_THE_OFFICE and not example.words.get("to_office"):
        assert "01632 960001" in message.body
    assert (DANGER[language] in message.body) is (kind is not Kind.SIGN_IN)
    assert COMPUTER[language] in message.body.splitlines()[-1]


@every_message
def test_a_message_is_short_and_plain(kind: Kind, example: Example, language: str) -> None:
    for message in (example_message(office, kind, example, language) for office in (OFFICE, LONG)):
        everything = f"{message.subject}\n{message.body}"
        assert len(message.subject) < 150
        assert message.subject == message.subject.strip()
        assert len(message.body) < 2500
        assert "\n\n\n" not in message.body
        assert [line for line in message.body.splitlines() if line != line.strip()] == []
        assert not re.search(r"dispute|anghydfod", everything, re.IGNORECASE)
        assert "'" not in everything
        assert not re.search(r"[{}%<>]|None|True|False|\bUTC\b", message.body.replace("&", "")), message.body
        assert set(links_of(message)) <= {example.words.get("link")}


def links_of(message: Message) -> Iterator[str]:
    yield from re.findall(r"https?://\S+", message.body)


@every_message
def test_no_text_says_anything_of_the_person_it_goes_to(kind: Kind, example: Example, language: str) -> None:
    message = example_message(OFFICE, kind, example, language)

    assert "nobody" not in message.body.replace("nobody reads the replies", "")
    assert message.to not in f"{message.subject}{message.body}"


def test_a_date_is_spelled_in_the_language_of_the_message() -> None:
    spell = {language: compose._environments[language].filters["spelled"] for language in LANGUAGES}
    months = {language: [spell[language](date(2026, month, 1)) for month in (1, 5, 8, 12)] for language in LANGUAGES}

    assert months == {
        "en": ["1 January 2026", "1 May 2026", "1 August 2026", "1 December 2026"],
        "cy": ["1 Ionawr 2026", "1 Mai 2026", "1 Awst 2026", "1 Rhagfyr 2026"],
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_called_overdue_when_nothing_is(language: str) -> None:
    late = {"en": "overdue", "cy": "hwyr"}[language]
    for example in EXAMPLES[Kind.REMINDER]:
        message = example_message(OFFICE, Kind.REMINDER, example, language)
        is_late = bool(example.words["late"])
        assert (late in message.subject) is is_late
        assert (late in message.body.lower()) is is_late


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_subject_is_cut_and_the_body_says_all_of_it(language: str) -> None:
    example = EXAMPLES[Kind.DOCUMENT][0]
    title = "Stage record for the child’s file " + "(written account of the concern, Stage 2) " * 4
    words = {**example.words, "title": title.strip()}

    message = example_message(LONG, Kind.DOCUMENT, Example("", words, {}), language)

    assert len(message.subject) < 150
    assert message.subject.endswith("…")
    assert title.strip() in message.body


def test_another_language_than_the_two_is_no_language() -> None:
    with pytest.raises(KeyError):
        example_message(OFFICE, Kind.SIGN_IN, EXAMPLES[Kind.SIGN_IN][0], "fr")
