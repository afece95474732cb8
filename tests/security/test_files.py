"""Policy files and Board files from somebody careless or hostile: a sentence for each, in a moment, and never a traceback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forms_app.commands import main
from forms_app.policies.shelf import SHIPPED

POLICY = SHIPPED / "hull-2015.yaml"
SECONDS = 10.0


def _anchors(first: str, each: str) -> str:
    """Nine times the one before, ten times over."""
    lines = [f"a: &a {first}"]
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True):
        lines.append(f"{name}: &{name} {each % ','.join([f'*{before}'] * 9)}")
    return "\n".join(lines)


POLICY_FILES = {
    "bomb": _anchors("[x]", "[%s]"),
    "bomb of merges": _anchors("{x: 1}", "{<<: [%s]}"),
    "cycle": "a: &a\n  b: *a\n",
    "cycle in a name": "? &a [*a]\n: x\n",
    "deep": "[" * 900_000,
    "deep groups": "{a: " * 5000 + "1" + "}" * 5000,
    "deep lists": "- " * 200_000 + "x",
    "huge": "a: " + "x" * 3_000_000,
    "one name again and again": "k: 1\n" * 20_000,
    "bytes": b"\x00\xff\xfe" * 10_000,
    "NUL": "id: a\0b\n",
    "UTF-16": "id: x\n".encode("utf-16"),
    "surrogate": 'id: "\\ud800"\n',
    "code": "id: !!python/object/apply:os.system ['true']\n",
    "number without end": f"id: {'9' * 6000}\nversion: 0x{'f' * 6000}\n",
    "not a number": "id: .inf\nversion: .nan\n",
    "two documents": "id: a\n---\nid: b\n",
    "another YAML": "%YAML 9.9\n---\na: b\n",
    "quotes": "'" * 900_000,
    "empty names": "{" + ",".join("?" * 10_000) + "}",
}

BOARD = """
code = "AAA"
name = "Invented Board"
policy = "hull@2015"
telephone = "01632 960001"
email = "unit@board.example"
[[agencies]]
name = "Office"
kind = "board"
[[agencies.people]]
name = "Una Brackley"
email = "una@board.example"
job_title = "Officer"
level = "board"
seat = "business_unit"
telephone = "01632 960002"
"""
BOARD_FILES = {
    "deep": "a = " + "[" * 100_000,
    "deep and closed": "a = " + "[" * 2000 + "]" * 2000,
    "number without end": "code = " + "9" * 6000,
    "bytes": b"\x00\xff\xfe" * 10_000,
    "a name that no document can print": BOARD.replace("Una", "李"),
    "a name with a control": BOARD.replace("Una", "Una\\u0001"),
    "a name that turns round": BOARD.replace("Una", "Una\\u202e"),
    "a name of two lines": BOARD.replace("Invented Board", "Invented\\nBcc: x"),
    "a title that no document can print": BOARD.replace("Officer", "مكتب"),
    "an agency that no document can print": BOARD.replace("Office", "مكتب"),
    "a telephone without end": BOARD.replace("01632 960002", "1" * 100_000),
    "a telephone with NUL": BOARD.replace("01632 960002", "\\u0000"),
    "an address with NUL": BOARD.replace("una@", "u\\u0000na@"),
    "two addresses": BOARD.replace("una@", "a@b.example,una@"),
    "an address with a name": BOARD.replace("una@", "Una<una@"),
    "an address in other letters": BOARD.replace("una@", "únä@"),
}


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("content", POLICY_FILES.values(), ids=POLICY_FILES)
def test_every_policy_file_is_checked_and_none_breaks_the_check(
    content: str | bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "policy.yaml", content)

    assert main(["policies", "check", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:")


def test_a_policy_that_no_document_could_print_is_refused_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = POLICY.read_text("utf-8").replace("\ntitle: ", "\ntitle: 李 ", 1)
    file = written(tmp_path / "policy.yaml", text)

    assert main(["policies", "check", str(file)]) == 1
    assert "title: “李” cannot be printed in a document" in capsys.readouterr().out


@pytest.mark.parametrize("content", BOARD_FILES.values(), ids=BOARD_FILES)
def test_a_board_file_that_cannot_be_used_is_refused(
    content: str | bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "board.toml", content)

    assert main(["boards", "load", str(file)]) == 1
    assert capsys.readouterr().err.startswith(f"forms-app: {file}")


@pytest.mark.parametrize(
    "opened",
    [
        "1900-01-01",
        "0001-01-01T00:00+14:00",
        "9999-12-31",
        "9999-12-31T23:59-12:00",
        "2030-01-01T00:00",
        "2029-12-31T23:59",
        "2027-03-28T01:30",
        "2026-02-30",
        "",
        "２０２６-12-23",
    ],
)
def test_a_rehearsal_of_a_day_that_cannot_be_is_refused(opened: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "rehearse", str(POLICY), "--opened", opened]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def written(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file
