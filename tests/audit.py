"""What is known against the packages that the locks name, as pip-audit and npm say it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20
PYTHON = (
    ".venv/bin/pip-audit", "--requirement", "requirements.txt", "--require-hashes", "--disable-pip", "--format", "json",
    "--progress-spinner", "off", "--timeout", "5",
)  # fmt: skip
NODE = ("npm", "audit", "--omit", "dev", "--json")


@dataclass(frozen=True)
class Audited:
    """How many packages were looked at, and a sentence for each known fault."""

    packages: int
    faults: tuple[str, ...] = ()


def said_by_pip_audit(answer: str) -> Audited:
    """Nothing was looked at where the source of known faults did not answer, or does not know the packages."""
    looked = [each for each in _parsed(answer).get("dependencies", ()) if "vulns" in each]
    faults = [f"{each['name']} {each['version']}: {found['id']}" for each in looked for found in each["vulns"]]
    return Audited(len(looked), tuple(faults))


def said_by_npm(answer: str) -> Audited:
    said = _parsed(answer)
    if "vulnerabilities" not in said:
        return Audited(0)
    faults = [f"{name}: {found['severity']}" for name, found in sorted(said["vulnerabilities"].items())]
    return Audited(int(said["metadata"]["dependencies"]["total"]), tuple(faults))


def answer_of(command: Sequence[str], where: Path) -> str:
    """What it prints; nothing where it takes longer than the whole audit may."""
    try:
        return subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
    except (subprocess.TimeoutExpired, OSError):
        return ""


def _parsed(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
