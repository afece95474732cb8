"""What a server finds when it loads the service."""

from __future__ import annotations

import os
import subprocess
import sys


def load(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import forms_app.wsgi"],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_setting_is_a_sentence_and_no_traceback() -> None:
    finished = load()

    assert finished.returncode == 1
    assert "Set these environment variables and start again" in finished.stderr
    assert "SECRET_KEY" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_with_its_settings_the_service_loads() -> None:
    finished = load(SECRET_KEY="invented" * 8, SERVICE_URL="http://escalations.example", MAIL_SENDER="a@b.example")

    assert finished.returncode == 0, finished.stderr
