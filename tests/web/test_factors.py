"""Second steps, as people meet them: setting up, signing in with them, proving again, losing everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from flask import request
from sqlalchemy import select

from forms_app.db.tables import Notification, SignInSession
from forms_app.domain.access import May
from forms_app.domain.limits import WRONG_CODES_FOR_ACCOUNT
from forms_app.web.access import open_to
from tests.factories.second_steps import code_of_app
from tests.web.conftest import Site, add_people, open_site
from tests.web.visitor import Visitor

ADA, BELLA, CYRIL = "ada@invented.example", "bella@invented.example", "cyril@invented.example"
STEP, STEPS = "/sign-in/second-step", "/second-steps"


def key_on_page(visitor: Visitor) -> str:
    found = re.search(r'app-code">([A-Z2-7 ]+)<', visitor.page)
    assert found is not None
    return found[1].replace(" ", "")


def set_up_app(site: Site, visitor: Visitor) -> pyotp.TOTP:
    visitor.get(STEPS)
    visitor.follow(visitor.post(f"{STEPS}/app/new"))
    app = pyotp.TOTP(key_on_page(visitor))
    assert visitor.post(f"{STEPS}/app", {"code": app.at(site.clock.now)}).location == f"{STEPS}/recovery-codes"
    site.clock.forward(minutes=1)
    return app


def recovery_codes(visitor: Visitor) -> list[str]:
    visitor.get(f"{STEPS}/recovery-codes")
    return re.findall(r"<li>([a-z2-9-]{19})</li>", visitor.post(f"{STEPS}/recovery-codes").text)


def by_email(site: Site, email: str) -> Visitor:
    """Somebody who has proved their address, and nothing else."""
    visitor = site.visitor()
    visitor.ask_for_code(email)
    visitor.type_code(site.last_message()["code"])
    return visitor


def owing(site: Site, email: str) -> Visitor:
    """Somebody who is asked for their second step."""
    visitor = by_email(site, email)
    assert "Prove that it is you" in visitor.get(STEP).text
    return visitor


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/who").status_code == 200


def mails(site: Site) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(Notification.kind)))


# --- signing in ---


def test_who_has_an_app_is_asked_for_its_code_before_there_is_a_session(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    visitor = owing(site, ADA)
    assert visitor.get("/who").location == "/sign-in"
    visitor.get(STEP)

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).status_code == 303

    assert is_signed_in(visitor)


def test_the_page_that_was_wanted_is_gone_to_after_both_steps(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    visitor = site.visitor()
    assert visitor.get("/documents").location == "/sign-in"
    visitor.ask_for_code(ADA)
    visitor.follow(visitor.type_code(site.last_message()["code"]))

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).location == "/documents"


def test_the_link_in_the_email_asks_for_the_second_step_too(site: Site) -> None:
    set_up_app(site, site.signed_in(ADA))
    site.visitor().ask_for_code(ADA)
    link = site.last_message()["link"].removeprefix(site.app.config["SERVICE_URL"])

    visitor = site.visitor()
    visitor.get(link)
    assert visitor.post(link).location == STEP
    assert not is_signed_in(visitor)


def test_a_code_of_the_app_works_once_for_everybody(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    code = app.at(site.clock.now)
    first, second = owing(site, ADA), owing(site, ADA)

    assert first.post(STEP, {"code": code}).status_code == 303
    assert second.post(STEP, {"code": code}).status_code == 422
    assert not is_signed_in(second)


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
def test_a_clock_that_is_half_a_minute_wrong_is_forgiven_and_no_more(site: Site, seconds: int, status: int) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    site.clock.forward(minutes=2)
    visitor = owing(site, ADA)

    assert visitor.post(STEP, {"code": app.at(int(site.clock.now.timestamp()) + seconds)}).status_code == status


def test_an_older_code_than_the_last_that_was_used_is_refused(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    earlier = app.at(site.clock.now)
    site.clock.forward(seconds=30)
    assert owing(site, ADA).post(STEP, {"code": app.at(site.clock.now)}).status_code == 303

    assert owing(site, ADA).post(STEP, {"code": earlier}).status_code == 422


@pytest.mark.parametrize(
    "typed", ["", "12345", "abcdef", "１２３４５６", "123456 and more", "x" * 4000, "\x00", "a-b-c"]
)
def test_whatever_is_typed_is_refused_with_what_to_do(site: Site, typed: str) -> None:
    set_up_app(site, site.signed_in(ADA))

    answer = owing(site, ADA).post(STEP, {"code": typed})

    assert answer.status_code == 422
    assert "govuk-error-message" in answer.text


def test_five_wrong_tries_end_the_sign_in_also_for_the_right_code(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    right = app.at(site.clock.now)
    visitor = owing(site, ADA)
    for _ in range(5):
        assert visitor.post(STEP, {"code": "000000" if right != "000000" else "111111"}).status_code == 422

    assert visitor.post(STEP, {"code": right}).location == "/sign-in"
    assert owing(site, ADA).post(STEP, {"code": right}).status_code == 303


def test_guessing_goes_no_further_in_one_sign_in_after_the_other(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    for _ in range(5):
        visitor = owing(site, ADA)
        for _ in range(5):
            visitor.post(STEP, {"code": "wrong"})
        site.clock.forward(minutes=10)
    visitor = owing(site, ADA)

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).status_code == 422

    site.clock.forward(hours=2)
    assert owing(site, ADA).post(STEP, {"code": app.at(site.clock.now)}).status_code == 303


def test_what_is_worth_a_second_step_lasts_fifteen_minutes(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    visitor = owing(site, ADA)
    site.clock.forward(minutes=15)

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).location == "/sign-in"


def test_the_second_step_of_one_person_is_none_of_anothers(site: Site) -> None:
    of_ada = set_up_app(site, site.signed_in(ADA))
    of_cyril = set_up_app(site, by_email(site, CYRIL))
    visitor = owing(site, CYRIL)

    assert visitor.post(STEP, {"code": of_ada.at(site.clock.now)}).status_code == 422
    assert visitor.post(STEP, {"code": of_cyril.at(site.clock.now)}).status_code == 303


def test_opening_the_page_spends_nothing_and_nobody_gets_there_alone(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    assert site.visitor().get(STEP).location == "/sign-in"
    visitor = owing(site, ADA)
    for _ in range(7):
        visitor.get(STEP)

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).status_code == 303


def test_every_proof_is_followed_by_a_new_token(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    visitor = owing(site, ADA)
    before = visitor.cookie()
    visitor.post(STEP, {"code": app.at(site.clock.now)})

    assert not is_signed_in(site.visitor().with_cookie(before))
    assert site.visitor().with_cookie(before).post(STEP, {"code": app.at(site.clock.now)}).location == "/sign-in"
    assert is_signed_in(visitor)


def test_somebody_who_leaves_meanwhile_does_not_get_in(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    visitor = owing(site, ADA)
    site.leaves(ADA)

    assert visitor.post(STEP, {"code": app.at(site.clock.now)}).location == "/sign-in"


def test_who_removes_it_elsewhere_meanwhile_signs_in_anew(site: Site) -> None:
    ada = site.signed_in(ADA)
    set_up_app(site, ada)
    visitor = owing(site, ADA)
    ada.get(STEPS)
    ada.post(f"{STEPS}/app/remove")

    assert visitor.get(STEP).location == "/sign-in"


# --- who must have one ---


@pytest.mark.parametrize("email", [BELLA, CYRIL])
def test_the_office_sets_one_up_first_and_opens_nothing_else(site: Site, email: str) -> None:
    visitor = by_email(site, email)
    for path in ("/who", "/escalations", "/register", "/your-emails"):
        assert visitor.get(path).location == STEPS, path
    assert "You must have a second step" in visitor.get(STEPS).text

    set_up_app(site, visitor)

    assert is_signed_in(visitor)
    assert visitor.get("/register").status_code == 200


def test_an_agencys_administrator_must_have_one_from_the_moment_they_are_one(site: Site) -> None:
    ada = site.signed_in(ADA)
    assert is_signed_in(ada)
    with site.database.writing() as session:
        session.merge(site.person(ADA)).administers_agency = True

    assert ada.get("/who").location == STEPS


def test_a_session_that_began_with_the_email_alone_is_not_worth_more_when_its_person_sets_one_up(site: Site) -> None:
    thief, bella = by_email(site, BELLA), by_email(site, BELLA)

    set_up_app(site, bella)

    assert is_signed_in(bella)
    assert thief.get("/who").location == "/sign-in"


def test_the_only_one_cannot_be_removed_by_who_must_have_one(site: Site) -> None:
    bella, ada = by_email(site, BELLA), site.signed_in(ADA)
    set_up_app(site, bella)
    set_up_app(site, ada)

    bella.get(STEPS)
    assert bella.post(f"{STEPS}/app/remove").status_code == 422
    ada.get(STEPS)
    assert ada.post(f"{STEPS}/app/remove").status_code == 303
    assert "No other" not in ada.get(STEPS).text
    site.clock.forward(minutes=1)
    assert is_signed_in(by_email(site, ADA))


def test_another_app_takes_the_place_of_the_first_only_when_it_is_proved(site: Site) -> None:
    ada = site.signed_in(ADA)
    first = set_up_app(site, ada)
    ada.get(STEPS)
    ada.follow(ada.post(f"{STEPS}/app/new"))
    assert ada.post(f"{STEPS}/app", {"code": "000000"}).status_code == 422
    assert owing(site, ADA).post(STEP, {"code": first.at(site.clock.now)}).status_code == 303

    second = set_up_app(site, ada)

    site.clock.forward(minutes=1)
    assert owing(site, ADA).post(STEP, {"code": first.at(site.clock.now)}).status_code == 422
    assert owing(site, ADA).post(STEP, {"code": second.at(site.clock.now)}).status_code == 303


# --- recovery codes ---


def test_recovery_codes_are_shown_once_work_once_and_are_replaced(site: Site) -> None:
    ada = site.signed_in(ADA)
    set_up_app(site, ada)
    codes = recovery_codes(ada)
    assert len(set(codes)) == 10
    assert not any(code in ada.get(f"{STEPS}/recovery-codes").text for code in codes)

    assert owing(site, ADA).post(STEP, {"code": codes[0].upper().replace("-", " ")}).status_code == 303
    assert owing(site, ADA).post(STEP, {"code": codes[0]}).status_code == 422

    new = recovery_codes(ada)
    assert owing(site, ADA).post(STEP, {"code": codes[1]}).status_code == 422
    assert owing(site, ADA).post(STEP, {"code": new[1]}).status_code == 303


def test_recovery_codes_need_something_that_they_stand_in_for(site: Site) -> None:
    ada = site.signed_in(ADA)
    ada.get(STEPS)

    assert ada.get(f"{STEPS}/recovery-codes").location == STEPS
    assert ada.post(f"{STEPS}/recovery-codes").location == STEPS


def test_neither_key_nor_codes_stand_in_the_database(site: Site) -> None:
    ada = site.signed_in(ADA)
    ada.get(STEPS)
    ada.follow(ada.post(f"{STEPS}/app/new"))
    key = key_on_page(ada)
    ada.post(f"{STEPS}/app", {"code": pyotp.TOTP(key).at(site.clock.now)})
    codes = recovery_codes(ada)

    file = Path(str(site.database.engine.url.database))
    stored = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))

    for text in (key, *codes, *(code.replace("-", "") for code in codes)):
        assert text.encode() not in stored


# --- each change is mailed and noted ---


def test_each_change_is_mailed_and_noted(site: Site) -> None:
    ada = site.signed_in(ADA)
    set_up_app(site, ada)
    codes = recovery_codes(ada)
    owing(site, ADA).post(STEP, {"code": codes[0]})
    ada.get(STEPS)
    ada.post(f"{STEPS}/app/remove")

    changes = ["authenticator_app_added", "recovery_codes_made", "recovery_code_used", "authenticator_app_removed"]
    assert [action for action in site.actions() if action in changes] == changes
    assert mails(site) == ["second_steps_changed"] * 4


# --- proving again ---


@pytest.fixture
def grave(site: Site) -> list[str]:
    """Two pages that ask again, and what was done by them."""
    done: list[str] = []
    kept: list[str] = []

    def keep(person: Any) -> None:
        kept.append(request.form["text"])

    def view() -> str:
        done.append(request.method)
        return "done"

    def keeping() -> str:
        done.append(request.method)
        return "done"

    ask = {"proved_again": True}
    methods = ["GET", "POST"]
    site.app.add_url_rule("/grave", "grave", open_to(May.KEEP_OWN_ACCOUNT, **ask)(view), methods=methods)  # type: ignore[arg-type]
    site.app.add_url_rule("/grave/button", "button", open_to(May.KEEP_OWN_ACCOUNT, **ask)(view), methods=["POST"])  # type: ignore[arg-type]
    kept_view = open_to(May.KEEP_OWN_ACCOUNT, keep=keep, **ask)(keeping)  # type: ignore[arg-type]
    site.app.add_url_rule("/keeping", "keeping", kept_view, methods=methods)
    site.app.extensions["kept"] = kept
    return done


def ask_bare(visitor: Visitor, method: str, path: str, **form: str) -> Any:
    return visitor.browser.open(path, method=method, base_url=visitor.service_url, data=form or None)


def test_what_is_grave_opens_for_ten_minutes_after_a_proof(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    assert ask_bare(ada, "GET", "/grave").status_code == 200
    site.clock.forward(minutes=10)
    assert ask_bare(ada, "GET", "/grave").status_code == 200
    site.clock.forward(seconds=1)

    assert ask_bare(ada, "GET", "/grave").location == "/prove-again"
    assert is_signed_in(ada)


def test_who_has_no_second_step_proves_it_again_by_email_and_goes_on(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    site.clock.forward(minutes=11)
    ada.follow(ask_bare(ada, "GET", "/grave"))
    assert ada.post("/prove-again", {"code": ""}).status_code == 200, "the page asks for no code"

    assert ada.follow(ada.post("/prove-again/email")).status_code == 200

    assert ada.type_code(site.last_message()["code"]).location == "/grave"
    assert ask_bare(ada, "GET", "/grave").status_code == 200


def test_who_has_one_proves_it_again_with_it_under_a_new_token(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    app = set_up_app(site, ada)
    site.clock.forward(minutes=11)
    ada.follow(ask_bare(ada, "GET", "/grave"))
    before = ada.cookie()

    assert ada.post("/prove-again", {"code": "000000"}).status_code == 422
    empty = ada.post("/prove-again", {"code": " "})
    assert "Enter an answer to “6-digit code from your authenticator app”" in empty.text, "as the page calls it"
    assert ada.post("/prove-again", {"code": app.at(site.clock.now)}).location == "/grave"

    assert ask_bare(ada, "GET", "/grave").status_code == 200
    assert not is_signed_in(site.visitor().with_cookie(before))


def test_whoever_proves_it_rightly_all_day_is_never_too_often_wrong(site: Site, grave: list[str]) -> None:
    app = set_up_app(site, ada := site.signed_in(ADA))
    for _ in range(WRONG_CODES_FOR_ACCOUNT.at_once + 5):
        site.clock.forward(minutes=1)
        ada.get("/prove-again")
        assert ada.post("/prove-again", {"code": app.at(site.clock.now)}).status_code == 303


def test_too_many_wrong_tries_to_prove_it_again_end_the_session(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    set_up_app(site, ada)
    ada.get("/prove-again")
    for _ in range(5):
        ada.post("/prove-again", {"code": "000000"})

    assert not is_signed_in(ada)


def test_a_form_does_nothing_before_and_the_page_where_it_stood_is_gone_to(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    app = set_up_app(site, ada)
    site.clock.forward(minutes=11)
    ada.get("/second-steps")

    answer = ada.post("/grave/button", {"text": "Words that somebody wrote at length."})

    assert (answer.status_code, grave) == (403, [])
    assert "Words that somebody wrote at length." in answer.text
    ada.get("/prove-again")
    assert ada.post("/prove-again", {"code": app.at(site.clock.now)}).location == "/grave"


def test_a_page_that_knows_how_keeps_what_was_typed(site: Site, grave: list[str]) -> None:
    ada = site.signed_in(ADA)
    site.clock.forward(minutes=11)
    ada.get("/second-steps")

    answer = ada.post("/keeping", {"text": "Words that somebody wrote at length."})

    assert site.app.extensions["kept"] == ["Words that somebody wrote at length."]
    assert "has been saved" in answer.text


@pytest.mark.parametrize("path", [f"{STEPS}/app/new", f"{STEPS}/app/remove", f"{STEPS}/recovery-codes"])
def test_a_session_left_open_changes_no_second_step(site: Site, path: str) -> None:
    ada = site.signed_in(ADA)
    set_up_app(site, ada)
    site.clock.forward(minutes=11)
    ada.get(STEPS)

    assert ada.post(path).status_code == 403


# --- when everything is lost ---


def reset_page(site: Site, email: str) -> str:
    return f"/people/{site.person(email).id}/reset-second-steps"


def test_the_business_unit_resets_and_the_person_is_mailed_and_signed_out(site: Site) -> None:
    ada, bella = site.signed_in(ADA), site.signed_in(BELLA)
    app = set_up_app(site, ada)
    page = reset_page(site, ADA)
    assert "Ada Invented" in bella.get(page).text
    mailed = len(mails(site))

    assert "were reset" in bella.post(page).text

    assert not is_signed_in(ada)
    assert len(mails(site)) == mailed + 1
    assert "second_steps_reset" in site.actions()
    again = by_email(site, ADA)
    assert is_signed_in(again)
    assert "Set up an authenticator app" in again.get(STEPS).text
    assert app.at(site.clock.now) != ""


@pytest.mark.parametrize(("who", "whom"), [(BELLA, BELLA), (CYRIL, ADA), (ADA, BELLA), (BELLA, None)])
def test_nobody_resets_their_own_and_nobody_else_resets_any(site: Site, who: str, whom: str | None) -> None:
    visitor = site.signed_in(who)
    page = reset_page(site, whom) if whom else f"/people/{uuid4()}/reset-second-steps"

    assert visitor.get(page).status_code == 404
    visitor.get("/who")
    assert visitor.post(page).status_code == 404


def test_an_agencys_administrator_resets_their_own_agencys_people_but_not_who_must_have_one(site: Site) -> None:
    with site.database.writing() as session:
        session.merge(site.person(ADA)).administers_agency = True
        session.merge(site.person(CYRIL)).agency_id = site.person(ADA).agency_id
    ada = site.signed_in(ADA)

    assert ada.get(reset_page(site, CYRIL)).status_code == 404
    with site.database.writing() as session:
        session.merge(site.person(CYRIL)).seat = None
    assert ada.get(reset_page(site, CYRIL)).status_code == 200
    assert ada.get(reset_page(site, BELLA)).status_code == 404


def test_all_of_it_goes_on_postgresql_where_rows_are_kept_from_who_has_not_signed_in(postgresql_url: str) -> None:
    site = open_site(postgresql_url)
    add_people(site.database)
    bella, ada = by_email(site, BELLA), site.signed_in(ADA)
    set_up_app(site, bella)
    app = set_up_app(site, ada)
    codes = recovery_codes(ada)

    assert owing(site, ADA).post(STEP, {"code": codes[0]}).status_code == 303
    assert owing(site, ADA).post(STEP, {"code": app.at(site.clock.now)}).status_code == 303
    assert bella.post(reset_page(site, ADA)).status_code == 200
    assert mails(site) == ["second_steps_changed"] * 5
    site.database.close()


def test_the_tests_own_way_in_is_the_real_one(site: Site) -> None:
    site.signed_in(BELLA)

    with site.database.reading() as session:
        assert session.scalar(select(SignInSession)) is not None
    assert site.actions()[-3:] == ["sign_in_code_owed", "second_step_owed", "signed_in"]
    assert code_of_app(site.clock.now).isdigit()
