"""What nobody expects in a form, in every form: strings that have broken services, and names of columns that it does not ask.

Daily every string goes into lines and into areas of text by the web, and a share of them into each field by itself. A release
puts every one into every field.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse
from wtforms import Form
from wtforms.form import BaseForm

from forms_app.db.tables import Base
from forms_app.documents.printable import unprintable
from forms_app.domain.errors import UnfitText
from forms_app.domain.text import gate
from forms_app.forms.fields import Answerable, Day, Pick, Rows, Words
from forms_app.forms.other_systems import Networks
from tests.security.found_forms import LADDER, WORDS, Explorer, FoundForm, Input
from tests.security.land import Land, Told, make_land
from tests.security.naughty import OWN, PUBLISHED_AT_LEAST, everything, kept, own, published, sent
from tests.smtp import running_smtp_server

FORMS_AT_LEAST, FIELDS_AT_LEAST = 75, 120
SHARE = 12
"""Daily each field by itself is given one string in so many, and another share of them than the next field."""
REFUSALS = {200, 303, 400, 403, 404, 409, 413, 422, 429}
TIMES = re.compile(r"-(day|month|year)$|^f-time$|^(length|warning_days)$")
"""Fields that are no words: by the web they come with something that fits, so that the words beside them are looked at."""
SHOWN_NOWHERE = {"sign_in.ask", "second_step.take", "second_step.again", "factors.app", "places.hand_over"}
"""Forms whose words are compared with something and kept nowhere, or are for whoever comes after."""


@dataclass
class Place:
    """A land whose database can be put back as it was."""

    land: Land
    file: Path
    explorer: Explorer
    forms: list[FoundForm]
    bound: dict[tuple[str, tuple[str, ...]], Form]
    """Each shape of form that the service made, as it last made it."""
    cookies: dict[UUID | None, str] = field(default_factory=dict)

    @property
    def told(self) -> Told:
        return self.land.escalations[0]

    def keep(self) -> None:
        for form in self.forms:
            self.explorer.cookie(form.person)
        self.cookies = dict(self.explorer.cookies)
        _copy(self.file, self.file.with_suffix(".kept"))

    def put_back(self) -> None:
        _copy(self.file.with_suffix(".kept"), self.file)
        self.explorer.cookies = dict(self.cookies)

    def rows(self) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
        """Every row of every table as it is stored, by its key."""
        found: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
        with closing(sqlite3.connect(self.file)) as connection:
            for table in Base.metadata.sorted_tables:
                names = [column.name for column in table.columns]
                key = [names.index(column.name) for column in table.primary_key]
                rows = connection.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608  # our own names
                found[table.name] = {tuple(row[at] for at in key): row for row in rows}
        return found


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as first, closing(sqlite3.connect(target)) as second:
        first.backup(second)


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, release: bool) -> Iterator[Place]:
    file = tmp_path_factory.mktemp("forms") / "forms.db"
    shutil.copyfile(migrated_sqlite, file)
    with running_smtp_server() as smtp, _noting_forms() as bound:
        land = make_land(f"sqlite:///{file}", smtp)
        explorer = Explorer(land)
        around = land.escalations if release else land.escalations[:1]
        forms = {form.shape: form for told in reversed(around) for form in explorer.forms(told)}
        found = Place(land, file, explorer, list(forms.values()), dict(bound))
        found.keep()
        yield found
        land.workshop.database.close()


class _noting_forms:  # noqa: N801  # used as a word of a sentence
    """Keeps each shape of form that is made meanwhile."""

    def __enter__(self) -> dict[tuple[str, tuple[str, ...]], Form]:
        self.before, found = BaseForm.process, {}
        before = self.before

        def process(form: Any, *given: Any, **more: Any) -> None:
            before(form, *given, **more)
            found[type(form).__name__, tuple(form._fields)] = form

        BaseForm.process = process  # type: ignore[method-assign]
        return found

    def __exit__(self, *_: object) -> None:
        BaseForm.process = self.before  # type: ignore[method-assign]


def test_there_are_so_many_strings_and_so_many_forms(place: Place) -> None:
    print(f"{len(place.forms)} forms, {len(list(_fields(place)))} fields, {place.explorer.pages} pages")  # noqa: T201

    assert len(published()) >= PUBLISHED_AT_LEAST
    assert len(set(own()) - set(published())) == OWN
    assert len(place.forms) >= FORMS_AT_LEAST
    assert len(list(_fields(place))) >= FIELDS_AT_LEAST


# --- a field by itself ----------------------------------------------------------------------------------------------


def test_each_field_keeps_a_string_as_it_was_or_says_why_not(place: Place, release: bool) -> None:
    asked: Counter[str] = Counter()
    faults: list[str] = []
    met: set[Any] = set()
    for number, (form, each_field) in enumerate(_fields(place)):
        kind = (
            type(each_field),
            *(getattr(each_field, name, None) for name in ("limit", "lines", "component", "earliest", "latest")),
        )
        for text in everything():
            is_its_turn = (
                release or kind not in met or zlib.crc32(text.encode("utf-8", "replace")) % SHARE == number % SHARE
            )
            if is_its_turn:
                asked[type(each_field).__name__] += 1
                faults.extend(_faults_of_field(form, each_field, text))
        met.add(kind)
    print(dict(asked))  # noqa: T201

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:30]])
    assert sum(asked.values()) > FIELDS_AT_LEAST * len(everything()) / SHARE


def _fields(place: Place) -> Iterator[tuple[Form, Answerable]]:
    for form in place.bound.values():
        for each_field in form:
            for row in each_field.rows[:1] if isinstance(each_field, Rows) else ():
                yield from ((row, each) for each in row if isinstance(each, Answerable))
            if isinstance(each_field, Answerable):
                yield form, each_field


def _faults_of_field(form: Form, field: Answerable, text: str) -> Iterator[str]:
    names = [f"{field.name}-{part}" for part in Day.PARTS] if isinstance(field, Day) else [field.name]
    where = f"{type(form).__name__}.{field.name} with {text[:40]!r}"
    field.process(MultiDict([(name, text) for name in names]))
    is_taken = field.validate(form)
    if not is_taken:
        if not all(isinstance(error, str) and len(error.split()) > 2 for error in field.errors):
            yield f"{where} is refused without a sentence: {field.errors!r}"
        if isinstance(field, Words) and field.typed != (text,):
            yield f"{where} does not keep what was typed"
    elif isinstance(field, Pick):
        if field.data and set(field.codes()) - set(dict(field.choices)):
            yield f"{where} is taken, and is not among the choices"
    elif isinstance(field, Words):
        expected = kept(text, is_line=field.component == "input")
        if isinstance(field, Networks):  # a list of addresses, of which the space between them is no part
            expected = "\n".join(expected.split())
        if field.data not in {expected, expected.lower()} and not _is_same_number(field.data, expected):
            yield f"{where} is kept as {field.data!r}"


def _is_same_number(found: str, expected: str) -> bool:
    """Somebody's number in the trail is the same with and without its dashes."""
    return re.fullmatch(r"[0-9a-f-]{36}", found) is not None and UUID(found) == UUID(expected)


# --- by the web -----------------------------------------------------------------------------------------------------


def test_words_by_the_web_are_shown_again_as_they_were(place: Place, release: bool) -> None:
    faults: list[str] = []
    came: Counter[str] = Counter()
    forms = [form for form in place.forms if _words(form) and not form.is_get]
    strings = sorted(everything(), key=_is_refused)  # those that are refused together, so that the others are kept
    needed = len(strings) if release else -(-len(strings) // min(_count(forms, _is_area), _count(forms, _is_line)))
    areas = lines = 0
    place.put_back()
    for turn in range(needed):
        for form in forms:
            typed = {}
            for each in _words(form):
                number = (
                    (turn + (areas if _is_area(each) else lines)) if release else (areas if _is_area(each) else lines)
                )
                typed[each.name] = strings[number % len(strings)]
                areas, lines = areas + _is_area(each), lines + _is_line(each)
            answer = _post(place, form, {**_brought(place, form), **typed})
            came[str(answer.status_code)] += 1
            came[f"{answer.status_code} {form.endpoint}"] += answer.status_code in (403, 404)
            faults.extend(_faults_of_answer(place, form, typed, answer))
            if form.endpoint.endswith(".hand_over") and answer.status_code == 303:
                place.put_back()  # else whoever gave their place away would find nothing any more
    print(dict(came), needed, areas, lines)  # noqa: T201

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:30]])
    assert min(areas, lines) >= len(strings)
    assert came["303"] > 20
    assert came["422"] > 20


def _is_area(each: Input) -> bool:
    return each.kind == "textarea"


def _is_line(each: Input) -> bool:
    return each.kind != "textarea"


def _words(form: FoundForm) -> list[Input]:
    return [each for each in form.words if not TIMES.search(each.name)]


def _count(forms: list[FoundForm], which: Callable[[Input], bool]) -> int:
    return sum(which(each) for form in forms for each in _words(form))


def _is_refused(text: str) -> bool:
    try:
        gate(sent(text).strip(), limit=200, lines=1, unprintable=unprintable)
    except UnfitText:
        return True
    return not text.strip()


def _brought(place: Place, form: FoundForm) -> dict[str, str]:
    """What a page puts into its form anew each time: without it, what was sent before is answered and nothing is kept."""
    if form.endpoint in LADDER or not {"form_key", "seen"} & {each.name for each in form.inputs}:
        return {}
    page = place.explorer.ask("GET", form.page, form.person)
    if page.status_code != 200:
        return {}
    values = _values_on(page)
    return {name: values[name] for name in ("form_key", "seen") if name in values}


def _post(place: Place, form: FoundForm, given: dict[str, Any]) -> TestResponse:
    whole = {**form.answers, **given}
    whole = {name: _as_sent(value) for name, value in whole.items()}
    answer = place.explorer.ask("POST", form.action, form.person, whole)
    if answer.status_code == 429 or answer.location == "/sign-in":
        place.explorer.begin_anew(form.person)
        answer = place.explorer.ask("POST", form.action, form.person, whole)
    return answer


def _as_sent(value: Any) -> Any:
    if isinstance(value, str):
        return sent(value)
    return [_as_sent(each) for each in value] if isinstance(value, list) else value


def _faults_of_answer(place: Place, form: FoundForm, typed: dict[str, str], answer: TestResponse) -> Iterator[str]:
    where = f"{form.who} at {form.page} ({form.endpoint}) with {[text[:20] for text in typed.values()]}"
    if answer.status_code >= 500 or answer.status_code not in REFUSALS:
        yield f"{where} answers {answer.status}"
    elif answer.status_code == 422:
        fields = _values_on(answer)
        for name, text in typed.items():
            if name in fields and _seen(fields[name]) != _seen(sent(text)):
                yield f"{where}: {name} shows {fields[name][:40]!r} and not {text[:40]!r}"
    elif answer.status_code == 303 and form.endpoint not in SHOWN_NOWHERE:
        shown = place.explorer.ask("GET", form.page, form.person)
        fields = _values_on(shown) if shown.status_code == 200 else {}
        missing = {
            name: expected
            for name, text in typed.items()
            if (expected := kept(sent(text), is_line=not _is_textarea(form, name)))
            and _seen(fields.get(name, "")) not in {_seen(expected), _seen(expected.lower())}
        }
        onward = place.explorer.ask("GET", answer.location, form.person) if missing else shown
        said = _flat(html.fromstring(onward.text).text_content()) if onward.status_code == 200 else ""
        for name, expected in missing.items():
            if _flat(expected) not in said and _flat(expected).lower() not in said:
                yield f"{where}: {name} was taken as {expected[:40]!r}, and shows {fields.get(name, '')[:40]!r}"


def _is_textarea(form: FoundForm, name: str) -> bool:
    return any(each.name == name and each.kind == "textarea" for each in form.inputs)


def _values_on(answer: TestResponse) -> dict[str, str]:
    tree = html.fromstring(answer.text)
    boxes = tree.xpath("//main//input[@name] | //main//textarea[@name]")
    return {
        box.get("name"): (box.text or "")[1:] if box.tag == "textarea" else box.get("value", "") for box in boxes
    }  # a browser drops the first line break of an area


def _seen(text: str) -> str:
    """What a page can show of a text: no control, and letters in one form. Drafts are kept as they were typed."""
    without = "".join(each for each in text if unicodedata.category(each) not in {"Cc", "Cn", "Cs"} or each in "\r\n")
    return "".join(unicodedata.normalize("NFC", without.replace("\ufffd", "")).split())


def _flat(text: str) -> str:
    return " ".join(text.split())


def test_strings_for_choices_files_and_what_is_brought_back_break_nothing(place: Place, release: bool) -> None:
    faults, came, number = [], Counter[int](), 0
    forms = [form for form in place.forms if any(_is_no_word(each) for each in form.inputs)]
    strings = everything()
    turns = (
        len(strings)
        if release
        else -(-len(strings) // sum(_is_no_word(each) for form in forms for each in form.inputs))
    )
    place.put_back()
    for form in forms:
        for _ in range(turns):
            given: dict[str, Any] = {}
            for each in form.inputs:
                if _is_no_word(each):
                    text, number = strings[number % len(strings)], number + 1
                    given[each.name] = (
                        (io.BytesIO(text.encode("utf-8", "surrogatepass")), sent(text)) if each.kind == "file" else text
                    )
            answer = _get(place, form, given) if form.is_get else _post(place, form, given)
            came[answer.status_code] += 1
            if answer.status_code not in REFUSALS:
                faults.append(f"{form.who} at {form.page} answers {answer.status} to {given}"[:400])
    print(dict(came), number)  # noqa: T201

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:20]])
    assert number >= len(strings)


def _is_no_word(each: Input) -> bool:
    return each.name != "csrf_token" and (each.kind not in WORDS or TIMES.search(each.name) is not None)


def _get(place: Place, form: FoundForm, given: dict[str, str]) -> TestResponse:
    asked = {name: sent(text) for name, text in given.items()}
    return place.explorer.browser.get(
        form.action,
        query_string=asked,
        base_url="http://escalations.example",
        headers={"Cookie": place.explorer.cookie(form.person)},
    )


# --- what a form does not ask ---------------------------------------------------------------------------------------

RANDOM = re.compile(r"[A-Z]{3}-[0-9A-Z]{7}|[0-9a-f]{32,}|[A-Za-z0-9_-]{40,}|[0-9a-f]{8}-[0-9a-f-]{27}")


def test_the_name_of_a_column_that_a_form_does_not_ask_changes_nothing(place: Place, release: bool) -> None:
    faults, changed = [], 0
    place.put_back()
    before = place.rows()
    known = {str(value) for rows in before.values() for row in rows.values() for value in row if _is_random(value)}
    forms = [form for form in place.forms if not form.is_get]
    extra = _columns(place)
    for form in forms:
        own = {each.name for each in form.inputs} | set(form.answers)
        more = {name: value for name, value in extra.items() if name not in own}
        plain = _changes(place, form, {}, before, known, set(more))
        with_more = _changes(place, form, more, before, known, set(more))
        changed += bool(plain)
        if plain != with_more:
            differ = sorted(map(str, (plain - with_more) + (with_more - plain)))
            faults.append(f"{form.who} at {form.page} ({form.endpoint}): {differ[:6]}"[-900:])
    print(f"{len(forms)} forms, {changed} of them changed something, {len(extra)} names")  # noqa: T201

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:20]])
    assert changed > len(forms) / 2


def test_a_form_that_takes_what_it_does_not_ask_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its guard the proof is red."""
    from flask import request

    from forms_app.db.tables import Person
    from forms_app.web import people as pages

    form = next(form for form in place.forms if form.endpoint == "people.change" and form.who == "business unit")
    before_view = place.land.app.view_functions["people.change"]

    def view(**parts: Any) -> Any:
        answer = before_view(**parts)
        if "administers_agency" in request.form:
            with pages.workshop().writing() as work:
                work.session.get_one(Person, parts["person_id"]).administers_agency = True
        return answer

    view.__dict__.update(before_view.__dict__)
    monkeypatch.setitem(place.land.app.view_functions, "people.change", view)
    monkeypatch.setattr(place, "forms", [form])

    with pytest.raises(AssertionError, match="administers_agency"):
        test_the_name_of_a_column_that_a_form_does_not_ask_changes_nothing(place, False)


def _columns(place: Place) -> dict[str, str]:
    """The name of every column, plain and as our fields are named, with something that might stand in it."""
    other = next(each for each in place.land.escalations if each.board != place.told.board)
    ids = {
        "person": other.who["raiser"],
        "board": other.board,
        "escalation": other.id,
        "agency": place.land.people[other.who["raiser"]].agency_id,  # type: ignore[index]
    }
    told = {"seat": "business_unit", "side": "board", "level": "executive", "decision": "confirmed", "language": "cy"}
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            kind = column.type.python_type if hasattr(column.type, "python_type") else str
            about = next((key for key in ids if key in column.name), "person")
            value = {bool: "1", int: "7"}.get(
                kind, "2001-01-01T00:00:00+00:00" if column.name.endswith("_at") else "Injected"
            )
            value = str(ids[about]) if kind is UUID or column.name.endswith("id") else value
            for name in (column.name, f"f-{column.name}", f"q-{column.name}"):
                found[name] = told.get(column.name, value)
    return found


def _changes(
    place: Place, form: FoundForm, more: dict[str, str], before: dict[str, Any], known: set[str], unasked: set[str]
) -> Counter[tuple[Any, ...]]:
    """What a form changes in the database, with whatever is new each time left out."""
    place.put_back()
    answer = place.explorer.ask("POST", form.action, form.person, {**more, **form.answers})
    assert answer.status_code < 500, (form.page, answer.status)
    after = place.rows()
    found: Counter[tuple[Any, ...]] = Counter()
    with place.land.workshop.reading() as work:
        for table in Base.metadata.sorted_tables:
            old, new = before[table.name], after[table.name]
            for key in old.keys() - new.keys():
                found[table.name, "deleted", _plain(key, known)] += 1
            for key in new.keys() - old.keys():
                (row,) = work.session.execute(select(table).where(*_is_row(table, key))).all() or [()]
                found[table.name, "added", tuple(_plain(_without(value, unasked), known) for value in row)] += 1
            for key in (key for key in new.keys() & old.keys() if old[key] != new[key]):
                (row,) = work.session.execute(select(table).where(*_is_row(table, key))).all() or [()]
                names = [column.name for column in table.columns]
                cells = [
                    (name, _plain(_without(value, unasked) if table.name == "drafts" else value, known))
                    for name, value, first, last in zip(names, row, old[key], new[key], strict=True)
                    if first != last
                ]
                found[table.name, "changed", _plain(key, known), tuple(cells)] += 1
    return found


def _without(value: Any, unasked: set[str]) -> Any:
    """A draft is kept as it came, also with names that nobody asks: they are its writer's own, and read by nothing."""
    if not isinstance(value, dict):
        return value
    return {page: [pair for pair in pairs if pair[0] not in unasked] for page, pairs in value.items()}


def _is_row(table: Any, key: tuple[Any, ...]) -> list[Any]:
    from sqlalchemy import literal_column, type_coerce

    return [
        type_coerce(column, column.type) == _as_stored(column, value)
        for column, value in zip(table.primary_key, key, strict=True)
    ] or [literal_column("1") == 1]


def _as_stored(column: Any, value: Any) -> Any:
    kind = getattr(column.type, "python_type", str)
    return UUID(value) if kind is UUID and isinstance(value, str) else value


def _is_random(value: Any) -> bool:
    return isinstance(value, str) and RANDOM.fullmatch(value) is not None


def _plain(value: Any, known: set[str]) -> str:
    if isinstance(value, bytes):
        return "bytes"
    said = str(value).replace("-", "") if isinstance(value, UUID) else str(value)
    return RANDOM.sub(lambda found: found[0] if found[0] in known else "new", said)


def test_every_form_of_several_pages_was_found(place: Place) -> None:
    assert {form.endpoint for form in place.forms} >= set(LADDER) - {"escalations.correction_page"}
