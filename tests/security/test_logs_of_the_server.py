"""Gunicorn's own lines repeat what it was asked for when it cannot read it: they are not written."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

from forms_app.commands.service import gunicorn_options
from tests.architecture.tree import PROJECT
from tests.journeys.running import service


def test_a_request_that_cannot_be_read_leaves_nothing_of_itself_in_the_log(sqlite_url: str, tmp_path: Path) -> None:
    with service(tmp_path, database_url=sqlite_url, mail_port=9) as running:
        place = urlsplit(running.url)
        with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
            connection.sendall(b"GET /sign-in/link/token-of-a-link\x01 HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()

        assert answer.status == 400
        assert "token-of-a-link" not in running.said()


def test_however_it_is_started_it_says_only_what_is_an_error() -> None:
    assert "--log-level error" in " ".join(gunicorn_options("127.0.0.1:0", 1))
    assert "--log-level error" in (PROJECT / "Procfile").read_text("utf-8")
