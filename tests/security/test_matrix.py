"""Who may open what: every address × every method × everybody × twelve escalations, as `routes.toml` and the table say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from forms_app.domain.access import May
from forms_app.web.access import lines_of
from tests.security.land import Land, make_land
from tests.security.matrix import Walk, Walker, expected, faults_of_mails
from tests.smtp import running_smtp_server

ASKED, PRINCIPALS, ESCALATIONS = 20_000, 14, 12
SLOWER = 3
"""How many times as long one kind of refusal may take as the other, on a busy machine, before it tells somebody something."""


@pytest.fixture(scope="module")
def land(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    file = tmp_path_factory.mktemp("land") / "forms.db"
    shutil.copyfile(migrated_sqlite, file)
    with running_smtp_server() as smtp:
        found = make_land(f"sqlite:///{file}", smtp)
        yield found
        found.workshop.database.close()


@pytest.fixture(scope="module")
def walk(land: Land) -> Walk:
    return Walker(land).everything()


def test_every_address_has_a_line_and_opens_by_exactly_that(land: Land) -> None:
    found = expected()

    assert set(found) == set(land.app.view_functions)
    for endpoint, what in found.items():
        assert endpoint == "static" or lines_of(land.app, endpoint) == what.lines, endpoint


@pytest.mark.requirement("U-52")
def test_everything_opens_for_whom_the_table_says_and_for_nobody_else(walk: Walk) -> None:
    assert not walk.faults, "\n".join([f"{len(walk.faults)} faults, the first of them:", *walk.faults[:30]])


def test_the_walk_was_as_long_as_it_must_be(land: Land, walk: Walk) -> None:
    print(  # noqa: T201  # read with -s
        f"{walk.asked} requests, {walk.opened} opened, refused {dict(walk.refused)}, by {len(walk.principals)} people"
    )

    assert walk.asked >= ASKED
    assert len(walk.principals) >= PRINCIPALS
    assert len(land.escalations) == ESCALATIONS
    assert walk.opened > ASKED // 20


def test_what_is_not_yours_takes_as_long_as_what_never_was(walk: Walk) -> None:
    medians = walk.medians()
    print({which: f"{median:.2f} ms" for which, median in medians.items()})  # noqa: T201  # read with -s

    assert max(medians.values()) < SLOWER * min(medians.values())


def test_what_postgresql_keeps_back_of_itself_is_missed_by_nobody(postgresql_url: str) -> None:
    with running_smtp_server() as smtp:
        land = make_land(postgresql_url, smtp)
        walker = Walker(land)
        walker.about(land.escalations[0])
        land.workshop.database.close()

    assert walker.walk.opened > walker.walk.asked // 20
    assert not walker.walk.faults, "\n".join(walker.walk.faults[:30])


def test_no_mail_says_anything_of_a_child_or_of_an_escalation_of_others(land: Land) -> None:
    assert land.smtp.received
    assert not faults_of_mails(land)


# --- without its guards the walk is red -----------------------------------------------------------------------------


def test_a_page_that_opens_for_too_many_is_found(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    told = land.escalations[0]

    def page(escalation_id: object) -> str:
        return f"Child{told.canary}"

    page.open_to = (May.SEE_OWN_LIST,)  # type: ignore[attr-defined]
    monkeypatch.setitem(land.app.view_functions, "escalations.one", page)
    walker = Walker(land)
    walker.about(told, {"escalations.one"})

    assert any("colleague" in fault and "answers 200" in fault for fault in walker.walk.faults)
    assert any("colleague" in fault and "says what stands in" in fault for fault in walker.walk.faults)


def test_a_page_that_answers_otherwise_to_what_is_anothers_is_found(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = land.escalations[0]

    def page(escalation_id: object) -> tuple[str, int]:
        return ("It is not yours." if escalation_id == told.id else "There is no such page."), 404

    page.open_to = (May.SEE_OWN_LIST,)  # type: ignore[attr-defined]
    monkeypatch.setitem(land.app.view_functions, "escalations.one", page)
    walker = Walker(land)
    walker.about(told, {"escalations.one"})

    assert any("differs from what never was" in fault for fault in walker.walk.faults)


def test_an_address_without_a_line_is_found(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(land.app.view_functions, "late.page", lambda: "anything")

    with pytest.raises(AssertionError):
        test_every_address_has_a_line_and_opens_by_exactly_that(land)


def test_an_address_that_is_never_walked_is_found(land: Land, walk: Walk) -> None:
    walked = {rule.endpoint for rule in land.app.url_map.iter_rules() if _is_walked(rule)}

    assert walked | {name for name, what in expected().items() if what.not_asked} == set(land.app.view_functions)


def _is_walked(rule: Rule) -> bool:
    return rule.endpoint in expected() and not expected()[rule.endpoint].not_asked
