"""The list of requirements and the markers that point into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.tree import PROJECT
from tests.requirements import LIST, RequirementFault, met_in, titles, unknown

ROWS = {"B": 36, "S": 36, "W": 33, "H": 57, "U": 57}


def test_every_row_of_the_five_policies_has_a_title() -> None:
    rows = titles()

    expected = [f"{letter}-{number:02}" for letter, count in ROWS.items() for number in range(1, count + 1)]
    assert list(rows) == expected
    assert len(LIST.read_text().splitlines()) == len(expected) + 1
    assert all(title.strip() for title in rows.values())


def test_every_marker_names_a_row() -> None:
    places = {
        identifier: files for identifier, files in met_in(PROJECT / "tests").items() if identifier not in titles()
    }

    assert places == {}


def test_a_marker_that_names_no_row_is_found() -> None:
    assert unknown({"tests/test_x.py::test_y": ["Z-99"]}, known=titles())


def test_markers_are_read_wherever_pytest_reads_them(tmp_path: Path) -> None:
    sample = (
        "import pytest\n"
        "pytestmark = pytest.mark.requirement('Z-01')\n"
        "@pytest.mark.requirement('Z-02', 'Z-03')\n"
        "def test_x(): pass\n"
        "CASES = [pytest.param(1, marks=pytest.mark.requirement('Z-04'))]\n"
        "TEXT = \"pytest.mark.requirement('Z-05')\"\n"
    )
    (tmp_path / "test_x.py").write_text(sample)

    assert sorted(met_in(tmp_path)) == ["Z-01", "Z-02", "Z-03", "Z-04"]


def test_a_marker_that_names_its_row_indirectly_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("import pytest\n@pytest.mark.requirement(ROW)\ndef test_x(): pass\n")

    with pytest.raises(RequirementFault):
        met_in(tmp_path)
