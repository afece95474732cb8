"""People leave and come back, and their addresses are confirmed, by the commands that an operator types."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms_app.commands import main
from tests.commands.test_boards import handbook
from tests.commands.test_starting import SETTINGS
from tests.factories.scenes import scene

COLLEAGUE = "colleague@school.inventedshire.example"


def test_a_leaver_can_be_let_in_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scene(sqlite_url, "hull"):
        _on(sqlite_url, monkeypatch)

        assert main(["boards", "leaver", COLLEAGUE]) == 0
        assert main(["boards", "returner", COLLEAGUE]) == 0
        assert "They can sign in again" in capsys.readouterr().out
        assert main(["boards", "returner", COLLEAGUE]) == 1
        assert "They have not left: nothing was changed." in capsys.readouterr().err


def test_whoever_runs_the_service_sees_whose_addresses_they_confirm(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _on(sqlite_url, monkeypatch)
    file, first = tmp_path / "oak.toml", handbook()

    def said(*words: str, code: int = 0) -> str:
        assert main(["boards", *words]) == code
        return "".join(capsys.readouterr())

    file.write_text(first, "utf-8")
    set_up = said("load", str(file))
    assert "You confirmed these email addresses by this file" in set_up
    assert "  school.example (Oakshire Primary School): a link is sent." in set_up
    assert "    Cai Yarrow, Designated safeguarding lead, Oakshire Primary School: cai@school.example" in set_up
    assert "Nothing is sent to these" not in set_up

    file.write_text(first.replace("cai@school.example", "cai@supply.example"), "utf-8")
    loaded = said("load", str(file))
    assert "You confirmed" not in loaded
    assert "Nothing is sent to these" in loaded
    assert "  supply.example (Oakshire Primary School): not confirmed, nothing is sent." in loaded
    assert "una@oakshire.example" not in loaded

    asked = ("confirm-domain", "OAK", "Supply.example", "--rule", "link")
    looked = said(*asked)
    assert "Cai Yarrow, Designated safeguarding lead, Oakshire Primary School: cai@supply.example" in looked
    assert "not confirmed" in looked
    assert "Nothing is changed yet" in looked
    assert "supply.example (Oakshire Primary School): a link is sent." in said(*asked, "--yes")
    assert "has an address there" in said("confirm-domain", "OAK", "nowhere.example", "--rule", "link", code=1)


def _on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SETTINGS, "DATABASE_URL": url}.items():
        monkeypatch.setenv(name, value)
