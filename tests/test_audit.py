"""What is known against a package stops the build; that nobody can be asked does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.architecture.tree import PROJECT
from tests.audit import Audited, answer_of, said_by_npm, said_by_pip_audit

FLASK = {"name": "flask", "version": "3.1.3", "vulns": []}
BAD = {"name": "invented", "version": "1.0", "vulns": [{"id": "PYSEC-2027-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "flask", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("dependencies", "audited"),
    [
        ([FLASK], Audited(1)),
        ([FLASK, BAD], Audited(2, ("invented 1.0: PYSEC-2027-1",))),
        ([UNKNOWN], Audited(0)),
    ],
)
def test_what_is_known_of_python_packages(dependencies: list[object], audited: Audited) -> None:
    assert said_by_pip_audit(json.dumps({"dependencies": dependencies, "fixes": []})) == audited


def test_what_is_known_of_front_end_packages() -> None:
    clean = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 8}}}
    bad = {**clean, "vulnerabilities": {"invented": {"severity": "high"}}}

    assert said_by_npm(json.dumps(clean)) == Audited(8)
    assert said_by_npm(json.dumps(bad)) == Audited(8, ("invented: high",))


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", '{"error": {"summary": "Method Not Allowed"}}'])
def test_nobody_who_answers_is_nothing_audited(answer: str) -> None:
    assert said_by_npm(answer) == said_by_pip_audit(answer) == Audited(0)


def test_a_program_that_is_not_there_says_nothing() -> None:
    assert answer_of(["/nowhere/pip-audit"], PROJECT) == ""


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    entries = Path(PROJECT / lock).read_text().replace("\\\n", " ").splitlines()
    pinned = [line for line in entries if line and not line.lstrip().startswith("#")]

    assert len(pinned) > 50
    assert [line.split()[0] for line in pinned if "--hash=sha256:" not in line or "==" not in line.split()[0]] == []


def test_every_locked_front_end_package_has_its_hash() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]

    assert [name for name, each in packages.items() if name and not each.get("integrity")] == []
