"""Who may import and read what, beside the layers that import-linter holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.imports import (
    OWNERS,
    importers,
    readers_of_the_clock,
    readers_of_the_environment,
    trespasses,
)
from tests.architecture.tree import PROJECT

APPLICATION = PROJECT / "forms_app"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def planted(folder: Path, name: str, source: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    return folder


def test_each_library_is_used_by_the_part_that_it_belongs_to() -> None:
    assert trespasses(APPLICATION) == []


@pytest.mark.parametrize("owned", OWNERS)
def test_a_library_used_by_another_part_is_found(owned: str, tmp_path: Path) -> None:
    assert trespasses(planted(tmp_path, "web/pages.py", f"import {owned}\n"))


@pytest.mark.parametrize("owned", OWNERS)
def test_a_library_used_by_its_own_part_is_no_fault(owned: str, tmp_path: Path) -> None:
    part = min(OWNERS[owned])

    assert trespasses(planted(tmp_path, f"{part}/__init__.py", f"import {owned}\n")) == []


@pytest.mark.parametrize("line", ["from forms_app import settings", "from forms_app.settings import Settings"])
def test_settings_read_by_a_page_are_found(line: str, tmp_path: Path) -> None:
    assert trespasses(planted(tmp_path, "web/pages.py", f"{line}\n"))


def test_only_settings_read_the_environment() -> None:
    assert readers_of_the_environment(APPLICATION) == []


@pytest.mark.parametrize("line", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"])
def test_another_reader_of_the_environment_is_found(line: str, tmp_path: Path) -> None:
    assert readers_of_the_environment(planted(tmp_path, "mail/posting.py", f"{line}\n"))
    assert readers_of_the_environment(planted(tmp_path / "own", "settings.py", f"{line}\n")) == []


def test_no_decision_reads_a_clock() -> None:
    assert readers_of_the_clock(APPLICATION / "domain") == []


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.date.today()",
        "import time\nx = time.time()",
        "from time import monotonic",
    ],
)
def test_a_decision_that_reads_a_clock_is_found(line: str, tmp_path: Path) -> None:
    assert readers_of_the_clock(planted(tmp_path, "clocks.py", f"{line}\n"))


def test_no_migration_imports_the_application() -> None:
    assert importers(PROJECT / "migrations", "forms_app") == []


def test_a_migration_that_imports_the_application_is_found(tmp_path: Path) -> None:
    assert importers(planted(tmp_path, "versions/0001_x.py", "from forms_app.db import tables\n"), "forms_app")


# --- The contracts of import-linter, each seen to go red ---


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    contracts = (PROJECT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(contracts[contracts.index("[tool.importlinter]") :])
    return subprocess.run([LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def small_application(tmp_path: Path) -> Path:
    for part in (
        "",
        "commands",
        "web",
        "forms",
        "services",
        "db",
        "deidentification",
        "documents",
        "mail",
        "policies",
        "domain",
    ):
        planted(tmp_path, f"forms_app/{part}/__init__.py", "")
    return tmp_path


def test_the_contracts_accept_a_clean_application(small_application: Path) -> None:
    finished = lint(small_application)

    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("file", "source", "broken"),
    [
        ("domain/access.py", "import forms_app.db", "Imports point inwards"),
        ("services/raising.py", "import forms_app.web", "Imports point inwards"),
        ("forms/stage.py", "import forms_app.services", "Imports point inwards"),
        ("helpers.py", "", "Imports point inwards"),
        ("domain/access.py", "import flask", "The domain knows only"),
        ("domain/access.py", "import os", "The domain knows only"),
        ("deidentification/scan.py", "import logging", "The scan reads texts"),
        ("deidentification/scan.py", "import forms_app.db", "Imports point inwards"),
        ("services/raising.py", "import flask", "does not know that it is done on the web"),
    ],
)
def test_a_broken_contract_is_found(file: str, source: str, broken: str, small_application: Path) -> None:
    planted(small_application, f"forms_app/{file}", f"{source}\n")

    finished = lint(small_application)

    assert finished.returncode == 1
    assert [line for line in finished.stdout.splitlines() if broken in line and "BROKEN" in line], finished.stdout
