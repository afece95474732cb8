"""Every field for words knows what no document could print. The journeys type it into each field of each form of each policy."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.forms.contacts import contact_form, titles_form
from forms_app.forms.fields import Words
from forms_app.forms.releases import send_back_form
from tests.architecture.tree import PROJECT

NEVER_PRINTED = {
    "forms_app/web/sign_in.py": "addresses and codes to sign in with",
    "forms_app/web/second_step.py": "codes to sign in with",
    "forms_app/web/factors.py": "codes, and the names of passkeys, which their person alone reads on a page",
    "forms_app/domain/text.py": "where it is defined, and said to be what is used when nobody says otherwise",
    "forms_app/forms/asking.py": "the forms of an escalation, which the journeys walk",
    "forms_app/policies/reader.py": "a policy is read without fonts by its own tests; the service hands them over",
    "forms_app/policies/shelf.py": "the same, for several",
}


def lenient(folder: Path) -> set[str]:
    """The files that let text in without asking whether it can be printed."""
    return {
        str(file.relative_to(PROJECT))
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if "everything_prints" in {getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None)}
    }


def test_only_what_is_never_printed_is_let_in_unasked() -> None:
    assert lenient(PROJECT / "forms_app") == set(NEVER_PRINTED)


def test_a_field_for_words_cannot_be_made_without_saying_so() -> None:
    with pytest.raises(TypeError, match="unprintable"):
        type("Asked", (Form,), {"words": Words("What happened?")})()  # type: ignore[call-arg]


FORMS = {
    "a contact": contact_form(unprintable=unprintable),
    "job titles": titles_form([("manager", "Manager", "Head")], unprintable=unprintable),
    "why a document goes back": send_back_form(unprintable=unprintable),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_each_field_of_a_form_beside_the_escalations_names_the_character(form: type[Form]) -> None:
    words = [field.name for field in form() if isinstance(field, Words)]

    asked = form(MultiDict(dict.fromkeys(words, "She said 王")))
    asked.validate()

    assert words
    for name in words:
        assert "the character “王” cannot be printed. Write it in Latin letters." in str(asked[name].errors[0])
