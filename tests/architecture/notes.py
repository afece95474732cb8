"""Which codes the service writes into its trail, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANYTHING = "*"


@dataclass(frozen=True)
class Noted:
    """A code as it stands at one place; where a part of it is worked out, an asterisk stands for that part."""

    code: str
    place: str

    def matches(self, action: str) -> bool:
        pattern = ".+".join(re.escape(part) for part in self.code.split(ANYTHING))
        return re.fullmatch(pattern, action) is not None


def noted(package: Path) -> Iterator[Noted]:
    """What every `work.note(…)` writes, also where the code is handed on by a function of the same file."""
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        place = str(file.relative_to(package))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for call in _calls_within(function):
                    if ast.unparse(call.func) == "work.note":
                        yield from _codes(tree, function, call.args[0], place)


def _codes(tree: ast.Module, function: ast.FunctionDef, value: ast.expr, place: str) -> Iterator[Noted]:
    match value:
        case ast.Constant(str(code)):
            yield Noted(code, f"{place}:{value.lineno}")
        case ast.IfExp():
            yield from _codes(tree, function, value.body, place)
            yield from _codes(tree, function, value.orelse, place)
        case ast.JoinedStr():
            parts = (part.value if isinstance(part, ast.Constant) else ANYTHING for part in value.values)
            yield Noted("".join(map(str, parts)), f"{place}:{value.lineno}")
        case ast.Name():
            yield from _handed_on(tree, function, value.id, place)
        case _:
            yield Noted(f"? {ast.unparse(value)}", f"{place}:{value.lineno}")


def _handed_on(tree: ast.Module, function: ast.FunctionDef, name: str, place: str) -> Iterator[Noted]:
    """The codes with which a function is called, or those that it puts under the name itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            yield from _codes(tree, function, node.value, place)
    names = [each.arg for each in function.args.args]
    for caller in ast.walk(tree):
        if isinstance(caller, ast.FunctionDef):
            for call in _calls_within(caller):
                if name in names and ast.unparse(call.func) == function.name and len(call.args) > names.index(name):
                    yield from _codes(tree, caller, call.args[names.index(name)], place)


def _calls_within(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))
