"""What no file of the project may say."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from tests.architecture.tree import PROJECT, project_files, texts
from tests.architecture.words import (
    ELSEWHERE,
    REGISTRY,
    UNFINISHED,
    UNWANTED_WORD,
    found,
    inline_parts,
    words_of_docx,
)

LOCKS = ("requirements.txt", "requirements-dev.txt", "package-lock.json")


def faults(pattern: re.Pattern[str], *names: str) -> dict[str, list[str]]:
    return {
        str(file.relative_to(PROJECT)): lines
        for file, text in texts(project_files(*names))
        if (lines := found(pattern, text))
    }


def test_nothing_is_left_to_be_done_later() -> None:
    everything = {name: lines for name, lines in faults(UNFINISHED).items() if name not in LOCKS}

    assert everything == {}


def test_nothing_points_outside_the_project() -> None:
    assert faults(ELSEWHERE) == {}


def test_no_lock_file_names_a_registry() -> None:
    assert [file.name for file in project_files(*LOCKS)] == sorted(LOCKS)
    assert faults(REGISTRY, *LOCKS) == {}


@pytest.mark.parametrize(
    ("pattern", "sample"),
    [
        (UNFINISHED, "# TO" + "DO: later"),
        (ELSEWHERE, "see .." + "/shared/notes.md"),
        (ELSEWHERE, "open('/work" + "/main/x')"),
        (REGISTRY, "--index-url https://example.com/simple"),
        (REGISTRY, '"resolved": "https://example.com/x.tgz"'),
        (REGISTRY, "https://files.python" + "hosted.org/packages/x.whl"),
        (UNWANTED_WORD, "<p>The Dispute was closed"),
    ],
)
def test_each_forbidden_text_is_found(pattern: re.Pattern[str], sample: str) -> None:
    assert found(pattern, f"first line\n{sample}\n")[0].startswith("line 2")


def test_people_read_of_escalations_and_never_of_disputes() -> None:
    assert faults(UNWANTED_WORD, "templates/*", "document_templates/*.html") == {}
    for file in project_files("*.docx"):
        assert found(UNWANTED_WORD, words_of_docx(file.read_bytes())) == [], file


def test_the_unwanted_word_is_found_in_a_word_file() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<w:p><w:t>This dis</w:t><w:t>pute</w:t></w:p>")

    assert found(UNWANTED_WORD, words_of_docx(content.getvalue()))


def test_no_page_carries_a_script_or_a_style_of_its_own() -> None:
    pages = texts(project_files("templates/*.html"))

    assert {str(file): parts for file, text in pages if (parts := inline_parts(text))} == {}


@pytest.mark.parametrize(
    "sample",
    [
        "<script>alert(1)</script>",
        '<script type="module">import "x"</script>',
        "<style>p { color: red }</style>",
        '<p class="x" style="color: red">',
        '<p class="{{ a > b }}" style="color: red">',
        '<button onclick="go()">',
        "{{ govukButton({'attributes': {'style': 'color: red'}}) }}",
        "{{ govukButton({'attributes': {'onclick': 'go()'}}) }}",
        '<a href="javascript:go()">',
    ],
)
def test_a_part_that_the_browser_would_refuse_is_found(sample: str) -> None:
    assert inline_parts(f"<main>\n{sample}\n</main>")


@pytest.mark.parametrize(
    "sample",
    [
        "<script type=\"module\" src=\"{{ url_for('static', filename='site.js') }}\"></script>",
        '<link rel="stylesheet" href="/static/build/site.css">',
        '<p class="style-x">one = two</p>',
        "{% if a > b %}<p>on = off</p>{% endif %}",
    ],
)
def test_a_part_that_the_browser_accepts_is_no_fault(sample: str) -> None:
    assert inline_parts(sample) == []
