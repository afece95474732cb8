"""The rows that the source policies ask for, and which tests say that they meet them.

Standard library only: `script/requirements` runs this without the project's environment.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

LIST = Path(__file__).with_name("requirements.csv")


class RequirementFault(Exception):
    """A marker that names no row, or that cannot be read."""


def titles(path: Path = LIST) -> dict[str, str]:
    """The title of each row, by its id."""
    with path.open(encoding="utf-8", newline="") as rows:
        return {row["id"]: row["title"] for row in csv.DictReader(rows)}


def unknown(ids_by_place: Mapping[str, Iterable[str]], *, known: Iterable[str]) -> list[str]:
    """A sentence for each marker that names a row which does not exist."""
    rows = set(known)
    return [
        f"{place}: there is no requirement {identifier!r}"
        for place, identifiers in ids_by_place.items()
        for identifier in identifiers
        if identifier not in rows
    ]


def met_in(folder: Path) -> dict[str, list[str]]:
    """The files under a folder of tests that carry each id, read without running them."""
    met: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for identifier in _ids_in(path):
            places = met.setdefault(identifier, [])
            if str(path) not in places:
                places.append(str(path))
    return met


def _ids_in(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement"):
            continue
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise RequirementFault(f"{path}:{node.lineno}: a requirement is named by its id, in quotation marks")
            yield argument.value
