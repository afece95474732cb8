"""The file of a Board: the example of the handbook is one, and every fault of a file is a sentence with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forms_app.commands.boards import read_board
from forms_app.services.boards import BoardFaults
from forms_app.settings import ROOT


def handbook() -> str:
    """The file in it."""
    found = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "boards.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def example() -> str:
    return handbook()


def told(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "board.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BoardFaults) as caught:
        read_board(file)
    return str(caught.value)


def test_the_example_of_the_handbook_can_be_read(tmp_path: Path, example: str) -> None:
    file = tmp_path / "oak.toml"
    file.write_text(example, "utf-8")

    assert read_board(file).code == "OAK"


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ('"OAK"', '"Oak"', "code: “Oak” is not three or four capital letters"),
        ('"annex-c@2023-04"', '"annex-c"', "policy: “annex-c” is not id@version"),
        ('"cai@school.example"', '"cai"', "agencies 2, people 1, email: “cai” is not an email address"),
        ('"business_unit"', '"treasurer"', "agencies 1, people 1, seat: “treasurer” is not one of 'business_unit'"),
        ('telephone = "01632 960001"', "", "telephone: this is missing: without the telephone number"),
        ('"01632 960001"', '"ask me"', "telephone: “ask me” is not a telephone number, such as 01632 960001"),
        ('"01632 960003"', '"nights"', "agencies 2, contacts 1, out_of_hours_telephone: “nights” is not a telephone"),
        (
            "2026-09-14",
            '"2026-09-14"',
            "contacts 1, checked_on: this must be a date without quotes, such as 2026-09-14",
        ),
        ('role = "Named nurse"', "", "agencies 2, contacts 1, role: this is missing"),
        ('"01632 960001"', "1632", "telephone: this must be text, in quotes"),
        ("job_title", "jobtitle", "agencies 2, people 1, jobtitle: nothing of this name is known here"),
        ('"Oakshire Primary School"', '" "', "agencies 2, name: this is empty"),
    ],
)
def test_each_fault_is_a_sentence_with_its_place(
    tmp_path: Path, example: str, was: str, becomes: str, sentence: str
) -> None:
    assert was in example

    assert sentence in told(tmp_path, example.replace(was, becomes))


@pytest.mark.requirement("B-36")
@pytest.mark.parametrize(
    ("was", "field"), [('telephone = "01632 960001"', "telephone"), ('email = "unit@oakshire.example"', "email")]
)
def test_a_board_whose_unit_cannot_be_reached_is_not_set_up(tmp_path: Path, example: str, was: str, field: str) -> None:
    assert example.count(was) == 1

    for instead in ("", f'{field} = ""'):
        said = told(tmp_path, example.replace(was, instead))
        assert said.startswith(f"{tmp_path / 'board.toml'}: {field}: ")
        assert (
            "without the telephone number and the email address of its business unit a Board cannot be set up" in said
        )


def test_what_cannot_be_read_at_all_is_named(tmp_path: Path) -> None:
    assert "board.toml is not TOML" in told(tmp_path, "code = [")
    assert "board.toml is not text in UTF-8" in told(tmp_path, b"\xff\xfe")
    with pytest.raises(BoardFaults, match="cannot be read: No such file"):
        read_board(tmp_path / "none.toml")
