"""Where a page sends somebody on: by the name of a route, so that nobody else can say where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Functions = dict[str, ast.FunctionDef]


def free_redirects(folder: Path) -> Iterator[tuple[str, str]]:
    """The file and the expression of each redirect that is not made from the name of a route."""
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for function in functions.values():
            for call in _calls(function, "redirect"):
                if not _is_named(call.args[0], function, functions):
                    yield path.name, ast.unparse(call.args[0])
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value == "Location":
                yield path.name, "Location"


def _calls(within: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(within):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _is_named(made: ast.expr, function: ast.FunctionDef, functions: Functions) -> bool:
    """Whether this comes from `url_for` in any case: itself, by a function of the same file, or with an anchor."""
    match made:
        case ast.Call(func=ast.Name(id="url_for")):
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in functions and all(
                _is_named(each, functions[name], functions) for each in _returned(functions[name])
            )
        case ast.IfExp(body=one, orelse=other):
            return _is_named(one, function, functions) and _is_named(other, function, functions)
        case ast.BoolOp(values=values):
            return all(_is_none(each) or _is_named(each, function, functions) for each in values)
        case ast.JoinedStr(values=[ast.FormattedValue(value=first), ast.Constant(value=str(anchor)), *_]):
            return anchor.startswith("#") and _is_named(first, function, functions)
        case ast.Name(id=name):
            given = list(_assigned(function, name))
            return bool(given) and all(_is_none(each) or _is_named(each, function, functions) for each in given)
    return False


def _is_none(made: ast.expr) -> bool:
    """Nothing at all, or one of two that is nothing."""
    match made:
        case ast.Constant(value=None):
            return True
        case ast.IfExp(body=ast.Call(func=ast.Name(id="url_for")), orelse=other):
            return _is_none(other)
    return False


def _returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return):
            assert node.value is not None
            yield node.value


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _given_to(name, target, node.value)


def _given_to(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, given in zip(target.elts, value.elts, strict=True):
            yield from _given_to(name, each, given)
