"""Policies are found by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms_app.policies.reader import PolicyFaults
from forms_app.policies.shelf import NoSuchPolicy, Shelf
from tests.policies.small import SMALL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for version in ("2024", "2026-01", "2026-03-15"):
        (tmp_path / f"small-{version}.yaml").write_text(
            SMALL.replace("version: 2026-01", f'version: "{version}"'), "utf-8"
        )
    return tmp_path


def test_every_version_is_on_the_shelf_in_order(folder: Path) -> None:
    shelf = Shelf.from_folders([folder])

    assert [policy.key for policy in shelf] == ["small@2024", "small@2026-01", "small@2026-03-15"]
    assert "small@2024" in shelf
    assert shelf.get("small@2024").version == "2024"


def test_a_policy_that_is_not_there_is_told_so(folder: Path) -> None:
    shelf = Shelf.from_folders([folder])

    with pytest.raises(NoSuchPolicy, match=r"no policy “large@2026”; known are: small@2024"):
        shelf.get("large@2026")


def test_two_files_of_one_version_are_a_fault(folder: Path) -> None:
    (folder / "another.yaml").write_text(SMALL, "utf-8")

    with pytest.raises(PolicyFaults, match="is also the id and version of"):
        Shelf.from_folders([folder])


def test_a_broken_file_and_a_missing_folder_are_told_with_their_names(folder: Path) -> None:
    (folder / "broken.yaml").write_text("- a list", "utf-8")

    with pytest.raises(PolicyFaults, match=r"broken\.yaml"):
        Shelf.from_folders([folder])
    with pytest.raises(PolicyFaults, match="no such folder"):
        Shelf.from_folders([folder / "none"])


def test_a_file_with_words_that_cannot_be_printed_is_told_with_the_line(folder: Path) -> None:
    (folder / "arabic.yaml").write_text(
        SMALL.replace("version: 2026-01", 'version: "2027"').replace("title: ", "title: سلام ", 1), "utf-8"
    )

    with pytest.raises(PolicyFaults, match=r"arabic\.yaml: 1 to mend\n  line \d+: title: “س” cannot be printed"):
        Shelf.from_folders([folder], lambda text: "س" if "س" in text else None)
