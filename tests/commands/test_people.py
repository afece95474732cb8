"""A person leaves and comes back, by the commands that an operator types."""

from __future__ import annotations

import pytest

from forms_app.commands import main
from tests.commands.test_starting import SETTINGS
from tests.factories.scenes import scene

COLLEAGUE = "colleague@school.inventedshire.example"


def test_a_leaver_can_be_let_in_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scene(sqlite_url, "hull"):
        for name, value in {**SETTINGS, "DATABASE_URL": sqlite_url}.items():
            monkeypatch.setenv(name, value)

        assert main(["boards", "leaver", COLLEAGUE]) == 0
        assert main(["boards", "returner", COLLEAGUE]) == 0
        assert "They can sign in again" in capsys.readouterr().out
        assert main(["boards", "returner", COLLEAGUE]) == 1
        assert "They have not left: nothing was changed." in capsys.readouterr().err
