"""Under which policy a Board works is asked of the clock: `Board.policy_at`, `Work.policy_of`. The column alone is out of date."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import PROJECT

ALLOWED = {("db/tables.py", "self"), ("services/policies.py", "board")}
"""Where it is worked out, and where the next one is written."""


def readers_of_the_column(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "policy_key":
                of = ast.unparse(node.value)
                if of.split(".")[-1] in {"board", "Board"} or (of == "self" and file.name == "tables.py"):
                    yield str(file.relative_to(folder)), of


def test_nobody_reads_the_column_alone(tmp_path: Path) -> None:
    assert set(readers_of_the_column(PROJECT / "forms_app")) == ALLOWED

    (tmp_path / "planted.py").write_text("work.shelf.get(person.board.policy_key)")
    assert list(readers_of_the_column(tmp_path)) == [("planted.py", "person.board")]
