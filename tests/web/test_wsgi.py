"""What a server finds when it loads the service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PROJECT
from tests.factories.keys import SEALING_KEYS
from tests.policies.small import SMALL

LOADING = ("-c", "import forms_app.wsgi")
SETTINGS = {
    "SECRET_KEY": "invented" * 8,
    "SEALING_KEYS": SEALING_KEYS,
    "SERVICE_URL": "http://escalations.example",
    "MAIL_SENDER": "a@b.example",
}
SERVING = ("-m", "gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0", "forms_app.wsgi:app")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        timeout=60,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", [LOADING, SERVING])
def test_a_missing_setting_is_a_sentence_and_the_server_stops(command: tuple[str, ...]) -> None:
    finished = run(*command)

    assert finished.returncode == 3
    assert finished.stderr.count("Set these environment variables and start again") == 1
    assert "SECRET_KEY" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_with_its_settings_the_service_loads(sqlite_url: str) -> None:
    finished = run(*LOADING, **SETTINGS, DATABASE_URL=sqlite_url)

    assert finished.returncode == 0, finished.stderr


def test_a_policy_that_no_document_could_print_is_a_sentence_with_its_place(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "ours.yaml").write_text(SMALL.replace("title: ", "title: سلام ", 1), "utf-8")

    finished = run(*LOADING, **SETTINGS, DATABASE_URL=sqlite_url, POLICY_FOLDERS=f'["{tmp_path}"]')

    assert finished.returncode == 3
    assert re.search(r"ours\.yaml: 1 to mend\n  line 3: title: “س” cannot be printed in a document", finished.stderr)
    assert "Traceback" not in finished.stderr
