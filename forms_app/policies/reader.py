"""Reads one policy file: from its bytes to a policy, or to every fault in it, each with its place and a sentence."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as File
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from forms_app.domain.policy import Citation, Decision, Path, Policy
from forms_app.domain.text import Unprintable, everything_prints
from forms_app.policies.soundness import Remark, unsound

MOST_BYTES = 1_000_000
MOST_NODES = 200_000
"""Of the file as it is meant, with every repeated part counted each time that it is used."""
DEEPEST = 40

SAY_WHERE = "say where this comes from: section and words of the text, or what was decided because the text is silent"


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong in a file, and where. Lines and columns count from 1."""

    line: int
    column: int
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {f'{self.place}: ' if self.place else ''}{self.sentence}"


class PolicyFaults(Exception):
    """A policy file that cannot be used, with everything that is wrong in it."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults))
        super().__init__(file, self.faults)

    def __str__(self) -> str:
        return "\n".join([f"{self.file}: {len(self.faults)} to mend", *(f"  {fault}" for fault in self.faults)])


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy, and where each of its parts stands in its file."""

    policy: Policy
    _tree: _Tree

    def where(self, remarks: Iterable[Remark]) -> list[Fault]:
        """The same remarks with the line of each, in the order of the file."""
        return sorted(_once([self._tree.fault_at(remark.place, remark.sentence) for remark in remarks]))


def read_policy(file: File, unprintable: Unprintable = everything_prints) -> Policy:
    """The policy that a file holds; raises PolicyFaults. `unprintable` finds what no document could print."""
    return read_policy_file(file, unprintable).policy


def read_policy_file(file: File, unprintable: Unprintable = everything_prints) -> PolicyFile:
    """The same with the place of every part."""
    return policy_file_from_bytes(_bytes_of(file), name=str(file), unprintable=unprintable)


def policy_file_from_bytes(written: bytes, *, name: str, unprintable: Unprintable = everything_prints) -> PolicyFile:
    """What the bytes of a file hold; `name` is how faults call the file."""
    root = _root(_text(written, name), name)
    tree = _Tree(unprintable)
    value = tree.value_of(root, ())
    if tree.faults:
        raise PolicyFaults(name, _once(tree.faults))
    try:
        read = PolicyFile(Policy.model_validate_json(json.dumps(value)), tree)
    except ValidationError as errors:
        raise PolicyFaults(name, _once(_faults_of(errors, tree))) from None
    if faults := read.where(unsound(read.policy)):
        raise PolicyFaults(name, faults)
    return read


# --- from a file to YAML -----------------------------------------------------------------------------------------


def _bytes_of(file: File) -> bytes:
    try:
        if file.is_dir():
            raise _whole_file(str(file), "this is a folder; name one policy file in it")
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _whole_file(str(file), "there is no such file") from None
    except OSError as refused:
        raise _whole_file(str(file), f"the file cannot be opened: {refused.strerror}") from None


def _whole_file(name: str, sentence: str) -> PolicyFaults:
    return PolicyFaults(name, [Fault(1, 1, "", sentence)])


def _text(written: bytes, name: str) -> str:
    if len(written) > MOST_BYTES:
        raise _whole_file(name, f"the file is larger than {MOST_BYTES:,} bytes; a policy is never so long")
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = written[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        sentence = "the file is not in UTF-8 from here on; save it again as UTF-8"
        raise PolicyFaults(name, [Fault(line, column, "", sentence)]) from None
    if not text.strip():
        raise _whole_file(name, "the file is empty")
    return text


def _root(text: str, name: str) -> MappingNode:
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise PolicyFaults(name, [Fault(line, column, "", "a character stands here that no text may hold")]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = " ".join(str(part).splitlines()[0] for part in (error.context, error.problem) if part)
        raise PolicyFaults(name, [Fault(line, column, "", f"the file cannot be read as YAML: {problem}")]) from None
    except (YAMLError, ValueError) as error:
        problem = (str(error) or type(error).__name__).splitlines()[0]
        raise _whole_file(name, f"the file cannot be read as YAML: {problem}") from None
    except RecursionError:
        raise _whole_file(name, "the parts of the file stand too deep inside each other") from None
    if root is None:
        raise _whole_file(name, "the file says nothing: there are only comments in it")
    if not isinstance(root, MappingNode):
        raise _whole_file(name, "a policy file starts with names such as “id:” and “title:”, not with a list")
    return root


# --- from YAML to plain values, remembering where each stood ---------------------------------------------------------


@dataclass
class _Tree:
    """Where every part of the file stands, and what was wrong already in how it is written."""

    unprintable: Unprintable
    nodes: dict[Path, Node] = field(default_factory=dict)
    keys: dict[Path, Node] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def value_of(self, node: Node, path: Path) -> object:
        if len(self.nodes) >= MOST_NODES or len(path) > DEEPEST:
            if not any(fault.sentence.startswith("repeated") for fault in self.faults):
                self._fault(
                    node, path[:2], "repeated parts (*name) make the file endless, or far larger than a policy is"
                )
            return None
        self.nodes[path] = node
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value_of(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._fault(key, path, "a name must be one plain word, not a list or a group")
                continue
            name = str(key.value)
            if name in values:
                first = self.keys[(*path, name)].start_mark.line + 1
                self._fault(key, path, f"“{name}” stands here twice (first on line {first})")
                continue
            self.keys[(*path, name)] = key
            values[name] = self.value_of(child, (*path, name))
        return values

    def _scalar(self, node: Node, path: Path) -> object:
        written = str(node.value)
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in written):
            self._fault(node, path, "a character stands in here that cannot be printed")
            return None
        if missing := self.unprintable(written):
            self._fault(node, path, f"“{missing}” cannot be printed in a document; write it in another way")
            return None
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        match kind:
            case "str" | "timestamp":
                return written
            case "null":
                return None
            case "bool":
                return written.lower() in {"true", "yes", "on"}
            case "int" | "float":
                return _number(written)
            case _:
                self._fault(node, path, f"leave out the tag “{node.tag}”; a policy file has none")
                return None

    def _fault(self, node: Node, path: Path, sentence: str) -> None:
        self.faults.append(Fault(node.start_mark.line + 1, node.start_mark.column + 1, _place(path), sentence))

    def fault_at(self, path: Path, sentence: str, *, at_key: bool = False) -> Fault:
        """A fault at the nearest part that is really in the file."""
        here = path
        while here not in self.nodes:
            here = here[:-1]
        node = self.keys.get(here, self.nodes[here]) if at_key or here != path else self.nodes[here]
        return Fault(node.start_mark.line + 1, node.start_mark.column + 1, _place(path), sentence)


def _number(written: str) -> int | float | str:
    try:
        return int(written)
    except ValueError:
        pass
    try:
        number = float(written)
    except ValueError:
        return written
    return number if number == number and abs(number) != float("inf") else written


def _place(path: Path) -> str:
    """`("stages", 1, "clocks", 0)` as “stages 2, clocks 1”."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)


def _once(faults: Sequence[Fault]) -> list[Fault]:
    """A part that is used in several places is wrong only once."""
    seen: dict[tuple[int, int, str], Fault] = {}
    for fault in faults:
        seen.setdefault((fault.line, fault.column, fault.sentence), fault)
    return list(seen.values())


# --- from pydantic's errors to sentences ----------------------------------------------------------------------------


def _faults_of(errors: ValidationError, tree: _Tree) -> list[Fault]:
    sources: dict[Path, Fault] = {}
    unions: dict[Path, list[Mapping[str, Any]]] = {}
    faults: list[Fault] = []
    for error in errors.errors(include_url=False):
        at = tuple(error["loc"])
        if {Citation.__name__, Decision.__name__} & set(at):
            place = at[: next(i for i, part in enumerate(at) if part in {Citation.__name__, Decision.__name__})]
            sources.setdefault(place, _source_fault(tree, place))
        elif error["type"] == "too_short" and _has_items(tree.nodes[at]):
            continue  # its items are there, and wrong
        elif at and isinstance(at[-1], str) and _is_union_member(at[-1]):
            unions.setdefault(at[:-1], []).append(error)
        else:
            faults.append(_fault_of(error, at, tree))
    return [*faults, *sources.values(), *(_union_fault(members, place, tree) for place, members in unions.items())]


def _has_items(node: Node) -> bool:
    return isinstance(node, SequenceNode) and bool(node.value)


def _source_fault(tree: _Tree, place: Path) -> Fault:
    node = tree.nodes[place]
    names = {str(key.value) for key, _ in node.value} if isinstance(node, MappingNode) else set()
    cited = names & set(Citation.model_fields)
    known = {*Citation.model_fields, *Decision.model_fields}
    for name in sorted(names - known):
        return tree.fault_at((*place, name), _not_known(name, known), at_key=True)
    if cited and "decided" in names:
        return tree.fault_at(place, "say either section and words, or decided, not both", at_key=True)
    for name in sorted(names):
        if str(tree.nodes[(*place, name)].tag).endswith((":int", ":float")):
            return tree.fault_at((*place, name), _in_quotes(tree, (*place, name)))
        if not isinstance(tree.nodes[(*place, name)], ScalarNode) or not str(tree.nodes[(*place, name)].value).strip():
            return tree.fault_at((*place, name), "some words must stand here", at_key=True)
    for missing in sorted(set(Citation.model_fields) - cited) if cited else ():
        return tree.fault_at(place, f"a source needs its {missing} too; {SAY_WHERE}", at_key=True)
    return tree.fault_at(place, SAY_WHERE, at_key=True)


def _is_union_member(name: str) -> bool:
    return bool(re.match(r"^(literal|\w+-enum)\[", name))


def _union_fault(members: Sequence[Mapping[str, Any]], place: Path, tree: _Tree) -> Fault:
    allowed = [name for error in members for name in _allowed(error)]
    return tree.fault_at(place, _not_one_of(tree, place, allowed))


def _allowed(error: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))


def _not_one_of(tree: _Tree, place: Path, allowed: Sequence[str]) -> str:
    written = _written(tree, place)
    return f"“{written}” is not one of {_list(allowed)}{_did_you_mean(written, allowed)}"


def _not_known(name: str, known: Iterator[str] | set[str]) -> str:
    if " " in name:
        return (
            f"“{name}” is not known here; if it goes on from the words before, put the whole in quotes: a comma ends it"
        )
    return f"“{name}” is not known here{_did_you_mean(name, sorted(known))}"


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean “{near[0]}”?" if near else ""


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _written(tree: _Tree, place: Path) -> str:
    node = tree.nodes.get(place)
    return str(node.value) if isinstance(node, ScalarNode) else "this"


def _in_quotes(tree: _Tree, place: Path) -> str:
    return f'put it in quotes, because words are meant here and not a number: "{_written(tree, place)}"'


def _fault_of(error: Mapping[str, Any], at: Path, tree: _Tree) -> Fault:
    if at and at[-1] == "[key]":
        return tree.fault_at(at[:-1], f"“{at[-2]}” cannot stand here as a name{_of(error)}", at_key=True)
    kind = str(error["type"])
    if kind == "missing":
        return tree.fault_at(at, SAY_WHERE if at[-1] == "source" else f"“{at[-1]}” is missing")
    if kind == "extra_forbidden":
        return tree.fault_at(at, _not_known(str(at[-1]), set(_fields_at(at[:-1]))), at_key=True)
    return tree.fault_at(at, _sentence(error, kind, at, tree), at_key=kind in {"too_short", "value_error"})


def _of(error: Mapping[str, Any]) -> str:
    allowed = _allowed(error)
    return f"; known here: {_list(allowed)}" if allowed else ": use small letters, digits, - and _, a letter first"


PLAIN = {
    "string_too_short": "some words must stand here",
    "too_short": "at least one must stand here",
    "tuple_type": "a list must stand here: each line of it starts with “- ”",
    "model_type": "a group of names and values must stand here",
    "model_attributes_type": "a group of names and values must stand here",
    "dict_type": "a group of names and values must stand here",
    "bool_type": "write true or false",
    "int_type": "a whole number must stand here",
    "int_from_float": "a whole number must stand here",
    "date_type": "a date must stand here, such as 2026-03-31",
    "date_parsing": "a date must stand here, such as 2026-03-31",
    "date_from_datetime_parsing": "a date must stand here, such as 2026-03-31",
    "date_from_datetime_inexact": "a date must stand here, such as 2026-03-31",
}


def _sentence(error: Mapping[str, Any], kind: str, at: Path, tree: _Tree) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    match kind:
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return _not_one_of(tree, at, _allowed(error))
        case "string_pattern_mismatch":
            return f"“{_written(tree, at)}” does not have the right form ({_form_of(str(context['pattern']))})"
        case "string_type":
            is_number = str(tree.nodes[at].tag).endswith((":int", ":float", ":bool"))
            return _in_quotes(tree, at) if is_number else PLAIN["string_too_short"]
        case "string_too_long":
            return f"this is longer than {context['max_length']} characters"
        case "too_long":
            return f"more than {context['max_length']} stand here"
        case _:
            return PLAIN.get(kind, str(error["msg"]))


def _form_of(pattern: str) -> str:
    if "http" in pattern:
        return "a web address that begins with https://"
    if "{4}" in pattern:
        return "a date such as 2026, 2026-03 or 2026-03-31"
    return "small letters, digits, - and _, a letter first, at most 60"


def _fields_at(path: Path) -> Iterator[str]:
    """The names that may stand in the part of a policy at a place."""
    kind: object = Policy
    for part in path:
        kind = next((inner for inner in _members(kind, part)), None)
    for member in _flat(kind):
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield from member.model_fields


def _members(kind: object, part: str | int) -> Iterator[object]:
    for member in _flat(kind):
        if isinstance(member, type) and issubclass(member, BaseModel) and part in member.model_fields:
            yield member.model_fields[str(part)].annotation
        elif get_origin(member) is tuple:
            yield get_args(member)[0]
        elif get_origin(member) is dict:
            yield get_args(member)[1]


def _flat(kind: object) -> Iterator[object]:
    """The alternatives of an annotation, one by one."""
    if get_origin(kind) in {Union, UnionType}:
        for member in get_args(kind):
            yield from _flat(member)
    elif hasattr(kind, "__metadata__"):
        yield from _flat(get_args(kind)[0])
    else:
        yield kind
