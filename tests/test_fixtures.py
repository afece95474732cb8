"""The servers that tests ask for do what the tests rely on."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import psycopg
import pytest
from playwright.sync_api import Browser

from tests.conftest import watched
from tests.postgres import PostgresServer, running_postgres
from tests.smtp import SmtpServer


def message(to: str) -> EmailMessage:
    composed = EmailMessage()
    composed["From"] = "service@forms.example"
    composed["To"] = to
    composed["Subject"] = "Cyfeirnod – ŵ"
    composed.set_content("Your code is 123456")
    return composed


def test_each_database_is_a_copy_of_its_own(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_database()
    with psycopg.connect(plain(postgres_server.url(template))) as connection:
        connection.execute("CREATE TABLE told (word text)")

    copies = [postgres_server.create_database(template=template) for _ in range(2)]

    for copy in copies:
        with psycopg.connect(plain(postgres_server.url(copy))) as connection:
            assert connection.execute(
                "INSERT INTO told VALUES ('once') RETURNING (SELECT count(*) FROM told)"
            ).fetchone() == (0,)
    for name in (*copies, template):
        postgres_server.drop_database(name)


def test_a_server_is_gone_when_its_tests_are_over() -> None:
    with running_postgres() as server:
        assert server.answers()

    assert not server.answers()


@pytest.mark.usefixtures("letters_of_others")
def test_mail_arrives_as_it_was_sent(smtp_server: SmtpServer) -> None:
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as connection:
        connection.send_message(message("anna@agency.example"))

    (received,) = smtp_server.wait_for(1)
    assert received.rcpt_tos == ("anna@agency.example",)
    assert received.message["Subject"] == "Cyfeirnod – ŵ"
    assert received.message.get_content() == "Your code is 123456\n"


def test_mail_is_refused_for_whom_the_test_says(smtp_server: SmtpServer) -> None:
    smtp_server.refuse("gone@agency.example")

    with (
        smtplib.SMTP(smtp_server.host, smtp_server.port) as connection,
        pytest.raises(smtplib.SMTPRecipientsRefused, match="No such mailbox"),
    ):
        connection.send_message(message("gone@agency.example"))
    assert smtp_server.received == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("<script>throw new Error('planted')</script>", "planted"),
        ("<script>console.error('planted')</script>", "planted"),
        ('<img src="http://elsewhere.invalid/x.png">', "asked for http://elsewhere.invalid/x.png"),
    ],
)
def test_what_must_not_happen_in_a_browser_is_seen(content: str, fault: str, chromium: Browser) -> None:
    context = chromium.new_context()
    faults = watched(context)

    context.new_page().set_content(content)

    context.close()
    assert any(fault in one for one in faults), faults


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:")
