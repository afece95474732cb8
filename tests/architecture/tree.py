"""The files of the project, as git sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def project_files(*patterns: str) -> list[Path]:
    """The files that are, or are about to be, in the repository, all or those that match one of the patterns."""
    listing = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            *patterns,
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [PROJECT / name for name in sorted(set(listing.split("\0"))) if name and (PROJECT / name).is_file()]


def texts(files: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each file that is text, with what it says."""
    for file in files:
        content = file.read_bytes()
        if b"\0" not in content:
            yield file, content.decode("utf-8")
