"""docs/policies.md can be followed to the letter: its examples work, and it leaves out nothing that a file can say."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from forms_app.domain import policy as parts
from forms_app.policies.reader import policy_file_from_bytes
from forms_app.policies.soundness import unsound
from forms_app.policies.warnings import warnings_about

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/policies.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
MODELS = {
    name: kind
    for name, kind in inspect.getmembers(parts, inspect.isclass)
    if issubclass(kind, parts.Part) and kind is not parts.Part
}
TABLES = dict(re.findall(r"^<!-- (\w+) -->\n\n\| Example .*\n\|---\|---\|---\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE))
ROW = re.compile(r"^\| `(\w+): (.+?)` \| (yes )?\| ")


def _rows(model: str) -> Iterator[tuple[str, str, bool]]:
    for line in TABLES[model].splitlines():
        found = ROW.match(line)
        assert found, line
        yield found[1], found[2], found[3] is not None


def test_the_complete_example_passes_the_check_without_a_remark() -> None:
    (whole,) = [block for block in BLOCKS if block.startswith("id: ")]

    read = policy_file_from_bytes(whole.encode(), name="docs/policies.md")

    assert list(unsound(read.policy)) == []
    assert list(warnings_about(read.policy)) == []


def test_every_other_block_is_a_part_of_a_policy() -> None:
    fragments = [block for block in BLOCKS if not block.startswith("id: ")]

    assert fragments
    for block in fragments:
        for name, value in _yaml(block).items():
            assert any(_fits(model, name, value) for model in MODELS.values()), block


@pytest.mark.parametrize("model", sorted(MODELS))
def test_the_reference_names_every_field_and_says_which_are_needed(model: str) -> None:
    fields = MODELS[model].model_fields

    assert [(name, needed) for name, _, needed in _rows(model)] == [
        (name, field.is_required()) for name, field in fields.items()
    ]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_example_of_the_reference_can_be_copied(model: str) -> None:
    for name, example, _ in _rows(model):
        if example != "…":
            assert _fits(MODELS[model], name, _yaml(f"{name}: {example}")[name]), (name, example)


def test_no_table_is_about_something_that_is_not_there() -> None:
    assert set(TABLES) == set(MODELS)


def test_every_link_inside_the_page_leads_somewhere() -> None:
    headings = {_anchor(line) for line in TEXT.splitlines() if line.startswith("#")}

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def test_every_command_and_option_on_the_page_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    from forms_app.commands import main

    said = ""
    for command in (["policies"], ["policies", "rehearse"], ["policies", "schema"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        said += capsys.readouterr().out
    for word in {*re.findall(r"`(--[a-z-]+)", TEXT), *re.findall(r"forms-app policies (\w+)", TEXT)}:
        assert word in said, word


def _yaml(text: str) -> dict[str, object]:
    found = YAML(typ="safe", pure=True).load(text)
    assert isinstance(found, dict)
    return found


def _fits(model: type[BaseModel], name: str, value: object) -> bool:
    field = model.model_fields.get(name)
    if field is None:
        return False
    try:
        TypeAdapter(field.rebuild_annotation()).validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError:
        return False
    return True


def _anchor(heading: str) -> str:
    words = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w -]", "", words).replace(" ", "-")
