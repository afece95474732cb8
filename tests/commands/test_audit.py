"""The trail is checked and exported by the commands that an operator types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forms_app.commands import main
from tests.commands.test_starting import SETTINGS
from tests.factories.scenes import scene


def test_the_trail_is_exported_once_into_a_file_and_verified(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heads, file = tmp_path / "heads.jsonl", tmp_path / "trail.jsonl"
    for name, value in {**SETTINGS, "DATABASE_URL": sqlite_url, "AUDIT_HEADS": str(heads)}.items():
        monkeypatch.setenv(name, value)
    with scene(sqlite_url, "hull"):
        assert main(["audit", "verify"]) == 0
        assert "No published head was given" in capsys.readouterr().out
        assert main(["audit", "export", str(file)]) == 0
        assert main(["audit", "export", str(file)]) == 1
        assert "cannot be written" in capsys.readouterr().err

    last = json.loads(file.read_text().splitlines()[-1])
    heads.write_text(json.dumps({"count": last["number"], "hash": last["hash"], "at": "x"}) + "\n")
    assert main(["audit", "verify"]) == 0
    assert "2 entries, 1 published heads agree" in capsys.readouterr().out, "the export is an entry of its own"
    heads.write_text(json.dumps({"count": last["number"], "hash": "f" * 64, "at": "x"}) + "\n")
    assert main(["audit", "verify"]) == 1
    assert "BAD: row 1:" in capsys.readouterr().out
