"""What a layout says in its fields, found paragraph by paragraph: names, loops over lists, conditions, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from forms_app.documents.catalogue import Kind
from forms_app.documents.fields import EVERY, SHORT_NAMES, Field, Many, Path, Some, What, fields_of, inside, what_is

# Of a length that has an end: a thousand beginnings without an end would be looked for to the end of the text each.
TAG = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,200}?#\}")
BRACE = re.compile(r"[{}]")
HEAD = re.compile(r"\{%(?P<taken>p|tr)? +(?P<word>[a-z]+)\b")
STATEMENTS = ("for", "endfor", "if", "elif", "else", "endif")
OF_LOOP = ("index", "first", "last", "length")
QUOTED = 60
MOST_TAGS, DEEPEST = 1000, 8
LIKE = 0.6

Scope = Mapping[str, tuple[What, Path]]


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of a layout and what is taken out with it, where a field takes its paragraph or row."""

    number: int
    text: str
    row: str | None
    """The text of the table row in which it stands."""
    where: str = ""
    """Of a header or of a footer; empty for the text of the document."""

    def __str__(self) -> str:
        text = " ".join(self.text.split())
        return f"paragraph {self.number}{self.where}, “{text[:QUOTED]}{'…' if len(text) > QUOTED else ''}”"


@dataclass
class Reading:
    """What was found in one part of a layout."""

    found: list[tuple[int, str]] = field(default_factory=list)
    """Each fault, with the number of its paragraph."""
    printed: set[Path] = field(default_factory=set)

    def fault(self, paragraph: Paragraph | None, sentence: str) -> None:
        if paragraph is None:
            self.found.append((0, sentence))
        else:
            self.found.append((paragraph.number, f"In {paragraph}: {sentence}"))

    @property
    def faults(self) -> list[str]:
        """In the order of the paragraphs."""
        return [sentence for _, sentence in sorted(self.found, key=lambda each: each[0])]


def read(kind: Kind, paragraphs: Sequence[Paragraph]) -> Reading:
    """Finds every fault of the fields of one part, and which fields of the kind it prints."""
    reading = Reading()
    lines = [" ".join(_tags(paragraph, reading)) for paragraph in paragraphs]
    if _is_too_much("".join(lines)):
        reading.fault(
            None,
            f"There are more than {MOST_TAGS:,} fields, or loops and conditions inside each other more than {DEEPEST} deep. "
            "Begin again from the service’s own layout.",
        )
        return reading
    parsed = _parsed(lines, paragraphs, reading)
    if parsed is not None:
        _Walk(kind, reading, paragraphs).body(parsed.body, _outermost(kind))
    return reading


def faults_of_source(kind: Kind, source: str) -> bool:
    """Whether Jinja would find anything in this source that a layout may not say. The last word, on what is really filled."""
    reading = Reading()
    try:
        parsed = Environment(autoescape=True).parse(source)
    except TemplateSyntaxError:
        return True
    _Walk(kind, reading, ()).body(parsed.body, _outermost(kind))
    return bool(reading.faults)


def missing(kind: Kind, readings: Sequence[Reading]) -> Iterator[str]:
    """A sentence for each field of the kind that the layout does not print where it must."""
    in_text = {path for reading in readings[:1] for path in reading.printed}
    anywhere = {path for reading in readings for path in reading.printed}
    for each in fields_of(kind):
        at_the_edge = each.path[0] == "heading"
        if each.path in (anywhere if at_the_edge else in_text):
            continue
        if each.path in anywhere:
            yield f"{each.written} stands only in a header or footer. Put it into the text as well."
        else:
            yield f"{each.written}{_in_loops(each)} is missing. Every document of this kind must print it."


def _in_loops(each: Field) -> str:
    return "".join(f", inside {{% {loop.written} %}}" for loop in reversed(each.loops))


# --- paragraph by paragraph ---


def _is_too_much(source: str) -> bool:
    """More than Jinja and Python could take: they stop with an error of their own."""
    depth = deepest = 0
    for word in re.findall(r"\{%\s*([a-z]+)", source):
        depth += (word in ("for", "if")) - (word in ("endfor", "endif"))
        deepest = max(deepest, depth)
    return deepest > DEEPEST or len(TAG.findall(source)) > MOST_TAGS


def _tags(paragraph: Paragraph, reading: Reading) -> Iterator[str]:
    """The tags of a paragraph that are worth parsing, as Jinja has them."""
    tags = TAG.findall(paragraph.text)
    if BRACE.search(TAG.sub("", paragraph.text)):
        reading.fault(
            paragraph,
            "there is a curly bracket that belongs to no field. Write {{ name }} or {% for … %} in one go.",
        )
    for tag in tags:
        if fault := _fault(tag, paragraph):
            reading.fault(paragraph, fault)
        elif _parses_alone(tag):
            yield re.sub(r"^\{%(p|tr) ", "{% ", tag)
        else:
            reading.fault(paragraph, f"{tag} is not understood. Write only the name of a field in it.")


def _fault(tag: str, paragraph: Paragraph) -> str:
    """What is wrong with how a tag is written or where it stands; empty when nothing is."""
    if tag.startswith("{#"):
        return f"{tag} is a comment. Take it out."
    if tag.startswith("{{"):
        if re.match(r"\{\{(p|r|tr|tc)\s|\{\{[-+]", tag) or re.search(r"[-+]\}\}$", tag):
            return f"{tag} is not understood. Write {{{{, a space, the name of a field, a space, and }}}}."
        return ""
    head = HEAD.match(tag)
    if head is None or head["word"] not in STATEMENTS or re.search(r"[-+]%\}$", tag):
        return f"{tag} is not allowed. Only “for”, “if” and their ends are, as the list of fields shows them."
    alone = paragraph.text.strip() == tag
    if head["taken"] == "p" and not alone:
        return f"{tag} takes its whole paragraph out. Put it into a paragraph of its own."
    if head["taken"] == "tr" and paragraph.row is None:
        return f"{tag} stands outside a table. Write {{%p instead of {{%tr."
    if head["taken"] == "tr" and paragraph.row != tag:
        return f"{tag} takes its whole table row out. Put it into a row of its own, with nothing else in that row."
    return ""


def _parses_alone(tag: str) -> bool:
    if tag.startswith("{%"):
        return True
    try:
        Environment(autoescape=True).parse(tag)
    except TemplateSyntaxError:
        return False
    return True


def _parsed(lines: Sequence[str], paragraphs: Sequence[Paragraph], reading: Reading) -> nodes.Template | None:
    try:
        return Environment(autoescape=True).parse("\n".join(lines))
    except TemplateSyntaxError as fault:
        at = min(fault.lineno, len(paragraphs)) - 1
        reading.fault(paragraphs[at], _plainly(str(fault.message)))
        return None


def _plainly(message: str) -> str:
    if "end of template" in message or "looking for" in message:
        return "a “for” or an “if” is not closed before here. Each needs its own {% endfor %} or {% endif %}, in the same part."
    if "unknown tag" in message:
        return "an end (endfor, endif or else) stands here without its beginning."
    return "this is not understood. Write it as the list of fields shows it."


# --- what the tags say ---


def _outermost(kind: Kind) -> dict[str, tuple[What, Path]]:
    scope = {name: (what, (name,)) for name, what in inside(kind.context).items()}
    return {**scope, **{name: (what_is(str), path) for name, path in SHORT_NAMES.items()}}


class _Walk:
    """Goes through parsed tags, with the names that can be used at each place."""

    def __init__(self, kind: Kind, reading: Reading, paragraphs: Sequence[Paragraph]) -> None:
        self.kind, self.reading, self.paragraphs = kind, reading, paragraphs
        self.of_loops = {each.name: each for each in fields_of(kind) if each.loops}
        self.around = 0
        """How many loops stand around what is walked."""

    def body(self, found: Sequence[nodes.Node], scope: Scope) -> None:
        for node in found:
            match node:
                case nodes.Output():
                    for child in node.nodes:
                        if not isinstance(child, nodes.TemplateData):
                            self.output(child, scope)
                case nodes.For():
                    self.loop(node, scope)
                case nodes.If():
                    self.condition(node, scope)
                case _:
                    self.fault(node, "this is not allowed. Only fields, “for” and “if” are.")

    def output(self, node: nodes.Expr, scope: Scope) -> None:
        found = self.named(node, scope)
        if found is None:
            return
        what, path = found
        name = _dotted(node)
        if what is Some.TEXT:
            self.reading.printed.add(path)
        elif isinstance(what, Many):
            self.fault(node, f"“{name}” is a list. Go through it with a “for”, as the list of fields shows it.")
        elif what is not Some.NUMBER:
            of = ", ".join(f"{name}.{part}" for part in inside(what))
            self.fault(node, f"“{name}” has parts. Write one of {of}.")

    def loop(self, node: nodes.For, scope: Scope) -> None:
        found = self.named(node.iter, scope)
        inner = dict(scope)
        if node.test is not None or node.recursive or not isinstance(node.target, nodes.Name):
            self.fault(node, "this “for” is not understood. Write “for one in many” and nothing else.")
        elif node.target.name.startswith("_") or node.target.name == "loop":
            self.fault(node, f"“{node.target.name}” cannot be a name here. Choose another one.")
        elif found is not None:
            what, path = found
            if isinstance(what, Many) and path.count(EVERY) < self.around:
                # Each inside the other, a few lists of twelve are more than any memory.
                self.fault(
                    node, f"“{_dotted(node.iter)}” cannot be gone through inside another “for”. End that one first."
                )
                return
            if isinstance(what, Many):
                inner |= {node.target.name: (what.each, (*path, EVERY)), "loop": (Some.NUMBER, ())}
            else:
                self.fault(node, f"“{_dotted(node.iter)}” is not a list, so there is nothing to go through.")
                return
        else:
            return
        self.around += 1
        self.body(node.body, inner)
        self.around -= 1
        self.body(node.else_, scope)

    def condition(self, node: nodes.If, scope: Scope) -> None:
        self.test(node.test, scope)
        self.body(node.body, scope)
        self.body(node.elif_, scope)
        self.body(node.else_, scope)

    def test(self, node: nodes.Node, scope: Scope) -> None:
        """A condition: whether there is anything in a field or a list, and how many."""
        match node:
            case nodes.Not():
                self.test(node.node, scope)
            case nodes.And() | nodes.Or():
                self.test(node.left, scope)
                self.test(node.right, scope)
            case nodes.Compare(expr=left, ops=[nodes.Operand(expr=nodes.Const(value=int()))]):
                self.number(left, scope)
            case nodes.Filter(name="length"):
                self.number(node, scope)
            case nodes.Filter(
                name="list",
                node=nodes.Filter(
                    name="selectattr",
                    node=many,
                    args=[nodes.Const(value=str(attribute))],
                    kwargs=[],
                    dyn_args=None,
                    dyn_kwargs=None,
                ),
                args=[],
                kwargs=[],
            ):
                self.some(node, many, attribute, scope)
            case _:
                self.named(node, scope)

    def number(self, node: nodes.Node, scope: Scope) -> None:
        match node:
            case nodes.Filter(name="length", node=many, args=[], kwargs=[], dyn_args=None, dyn_kwargs=None):
                found = self.named(many, scope)
                if found is not None and not isinstance(found[0], Many):
                    self.fault(node, f"“{_dotted(many)}” is not a list, so there is nothing to count.")
            case nodes.Getattr(node=nodes.Name(name="loop")):
                self.named(node, scope)
            case _:
                self.fault(node, "this “if” is not understood. Write “if name”, “if not name” or “if name|length > 1”.")

    def some(self, node: nodes.Node, many: nodes.Expr | None, attribute: str, scope: Scope) -> None:
        found = self.named(many, scope) if many is not None else None
        if found is None:
            return
        each = found[0].each if isinstance(found[0], Many) else None
        if not isinstance(each, type) or attribute not in inside(each):
            self.fault(node, f"the ones of “{_dotted(many)}” have no “{attribute}”.")

    def named(self, node: nodes.Node | None, scope: Scope) -> tuple[What, Path] | None:
        """What a dotted name stands for; None, and a fault, when it is anything else or is not known."""
        name = _dotted(node)
        if name is None:
            if node is not None:
                self.fault(node, "only the name of a field can stand here: no function, filter, sum or text.")
            return None
        first, *others = name.split(".")
        if first == "loop" and first in scope:
            if len(others) == 1 and others[0] in OF_LOOP:
                return Some.NUMBER, ()
            self.fault(node, f"there is no field “{name}”.")
            return None
        found = scope.get(first)
        for part in others:
            of = inside(found[0]) if found is not None and isinstance(found[0], type) else {}
            found = (of[part], _path(found, part)) if part in of else None
        if found is None:
            self.fault(node, f"there is no field “{name}”{self.nearest(name, scope)}")
        return found

    def nearest(self, name: str, scope: Scope) -> str:
        if name in self.of_loops:
            loops = " and ".join(f"{{% {loop.written} %}}" for loop in self.of_loops[name].loops)
            return f" here: it can stand only inside {loops}."
        near = get_close_matches(name, sorted(_names(scope)), n=1, cutoff=LIKE)
        return f". Did you mean “{near[0]}”?" if near else "."

    def fault(self, node: nodes.Node | None, sentence: str) -> None:
        paragraph = self.paragraphs[node.lineno - 1] if self.paragraphs and node is not None else None
        self.reading.fault(paragraph, sentence)


def _path(found: tuple[What, Path] | None, part: str) -> Path:
    assert found is not None
    return (*found[1], part)


def _dotted(node: Any) -> str | None:
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        before = _dotted(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _names(scope: Scope) -> Iterator[str]:
    """Every name that can be written at a place, to find the nearest."""
    for name, (what, _) in scope.items():
        yield name
        if isinstance(what, type):
            yield from (f"{name}.{part}" for part in inside(what))
