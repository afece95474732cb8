"""The trail says only what has a place and words in `domain.trail`, and nothing has a place there that is never said."""

from __future__ import annotations

from pathlib import Path

import pytest

import forms_app
from forms_app.domain.trail import ACTIONS, said
from tests.architecture.notes import ANYTHING, Noted, noted

PACKAGE = Path(forms_app.__file__).parent
FOUND = frozenset(noted(PACKAGE))


def test_every_code_that_is_noted_has_its_words() -> None:
    assert len(FOUND) > 50
    strange = [each for each in FOUND if not any(each.matches(action) for action in ACTIONS)]
    assert not strange, "put them into domain/trail.py"


def test_every_code_that_has_words_is_noted() -> None:
    assert not [action for action in ACTIONS if not any(each.matches(action) for each in FOUND)]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_code_is_read_as_words(action: str) -> None:
    assert said(action, None) != action
    assert said(action, None)[0].isupper()


def test_a_code_is_found_wherever_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text(
        """
def act(work, kind, good):
    work.note("plain", person=None)
    work.note("yes" if good else "no")
    work.note(f"{kind}_recorded")
    _note(work, "handed_on")
    written = "put_there"
    work.note(written)
    work.note(kind.value)


def _note(work, action):
    work.note(action)
"""
    )

    found = {each.code for each in noted(tmp_path)}

    assert found == {"plain", "yes", "no", f"{ANYTHING}_recorded", "handed_on", "put_there", "? kind.value"}
    assert Noted(f"{ANYTHING}_recorded", "").matches("concern_recorded")
    assert not Noted(f"{ANYTHING}_recorded", "").matches("_recorded")
