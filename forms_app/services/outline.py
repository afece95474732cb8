"""A whole policy as a tree of named pieces in words: what its page shows, and what two versions are compared by.

It follows the models themselves, so that a field that is added to them is read and compared without a word here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from forms_app.documents.catalogue import KINDS
from forms_app.domain.policy import (
    Actor,
    Choice,
    Citation,
    Contact,
    Danger,
    Decision,
    DocumentKind,
    Group,
    Guidance,
    Limit,
    Link,
    Notice,
    OnlyIf,
    Part,
    Policy,
    Question,
    Sight,
    Skip,
    Source,
    Stage,
    Subject,
)
from forms_app.domain.working_days import spell_date
from forms_app.services.in_words import SEATS, SIDES, document_title, spell_limit

LEFT_OUT = frozenset({"id", "source"})
"""An id says which piece it is, and a source stands beside the piece."""
NAMES = ("name", "title", "label", "statement", "text", "does", "board", "agency_kind", "on", "asked", "sees")
"""The fields by the first of which a piece is called, where it has any."""
KNOWN_BY = ("id", "name", "title", "board", "agency_kind", "side", "text")
"""The fields by the first of which a part of a list is known again in another version."""
TOLD_ON: Mapping[str, str] = {
    "opened": "A concern is raised",
    "account_filed": "A side writes its account",
    "outcome_proposed": "An outcome is recorded",
    "outcome_answered": "A side answers the outcome",
    "stage_entered": "It comes to a stage",
    "resolved": "It is resolved",
    "left": "It leaves this policy for another procedure",
    "meeting_called": "A meeting is called",
    "meeting_held": "A meeting was held",
    "entry_made": "Anything else is recorded that the parties must know",
    "followed_up": "Somebody says what became of it afterwards",
    "gone_quiet": "Nothing was recorded for a while",
}
MOMENTS: Mapping[str, str] = {
    "concern_identified": "The concern was identified",
    "decision_received": "The raising side was told of the decision",
    "opened": "The concern was raised",
    "stage_entered": "It came to this stage",
    "account_by_raising": "The raising side wrote its account",
    "account_by_responding": "The responding side wrote its account",
    "accounts_by_all": "All sides wrote their accounts",
    "outcome_recorded": "An outcome was recorded",
    "meeting_held": "The meeting was held",
    "stage_left": "It left this stage",
    "resolved": "It was resolved",
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "starts": MOMENTS,
    "stops": MOMENTS,
    "who": {
        "all_sides": "All sides, when they agree",
        "raising_side": "The raising side alone",
        "raiser": "The person who raised it alone",
        "arbiter": "Whoever decides",
    },
    "steps_up": {"raising_side": "The raising side", "board_side": "Whoever decides", "any_side": "Any side"},
    "side": {**{side.value: f"{name} side" for side, name in SIDES.items()}, "all": "All sides"},
    "sides": {side.value: f"{name} side" for side, name in SIDES.items()},
    "before": {"opening": "It is opened", "entering": "It comes to this stage", "resolving": "It is resolved here"},
    "due": {
        "at_once": "At once",
        "review_date": "On the review date",
        "action_date": "By the dates of the agreed actions",
    },
    "asked": {
        "opening": "Raising the concern",
        "account": "Writing an account",
        "outcome": "Recording the outcome",
        "step_up": "Taking it further",
    },
    "kind": {
        "ends_here": "It ends here",
        "joins": "It goes on at a stage of another route",
        "returns_to": "It goes back to where it came from",
        "leaves_for": "It leaves this policy",
    },
    "rule": {
        "never": "Never",
        "raiser": "The raiser decides",
        "second_person": "With a second person",
        "urgency": "When it is urgent",
    },
    "if_unanswered": {"stays_open": "The stage stays open", "opens_next_stage": "The next stage opens by itself"},
    "only_if": {
        "learning": "Something was learned",
        "policy_gap": "The policy has a gap",
        "from_stage_reached": "It had reached that stage",
    },
    "on": TOLD_ON,
    "to": {
        **{f"{side.value}_side": f"{name} side" for side, name in SIDES.items()},
        **{seat.value: name for seat, name in SEATS.items()},
    },
    "seat": {seat.value: name for seat, name in SEATS.items()},
    "sees": {
        "everything": "Everything",
        "from_joining": "What is recorded from when they join",
        "deidentified": "The proforma, and where it stands: no name",
    },
    "subjects": {
        Subject.CHILD: "One child",
        Subject.CHILDREN: "Several children",
        Subject.UNBORN: "An unborn child",
        Subject.ADULT: "An adult at risk",
        Subject.NONE: "Nobody in particular: a procedure or way of working",
    },
    "nation": {
        "england-and-wales": "England and Wales",
        "scotland": "Scotland",
        "northern-ireland": "Northern Ireland",
    },
}
"""What codes mean, by the field that they stand in."""
LABELS: Mapping[str, str] = {
    "accounts": "Accounts",
    "actors": "Who acts",
    "adopted_by": "Adopted by",
    "after": "After the last stage",
    "agency_kinds": "Kinds of agency",
    "alongside": "What can go on outside meanwhile",
    "amount": "How many",
    "arbiter_sets_steps": "Whoever decides sets steps",
    "asked": "When it is asked",
    "at_least": "How many must attend",
    "begins_with": "What stands in the box at first",
    "before": "Before",
    "between": "Between these kinds of agency",
    "caps": "Limits over several stages",
    "categories": "Reasons",
    "checks": "Checklist at the end",
    "clocks": "Time limits",
    "closing": "Closing the stage",
    "composition": "Who must be there",
    "concern_shapes": "Kinds of concern",
    "conveners": "Who calls it",
    "count": "How many",
    "counts": "Counts as an escalation",
    "danger": "Immediate danger",
    "dated": "Dated",
    "decision_stands": "The decision that is questioned stands meanwhile",
    "dissent_recorded": "Dissent can be recorded",
    "document": "Document",
    "document_titles": "What documents are called",
    "does": "What must be done",
    "due": "When",
    "duties": "Duties afterwards",
    "equivalents": "Job titles at each level",
    "final_arbiter": "Who decides in the end",
    "gates": "What must be confirmed",
    "groups": "Questions asked",
    "helpers": "Who can be asked for help",
    "identified": "With names",
    "identifies": "An answer may identify somebody",
    "if_unanswered": "Without an answer in time",
    "independent": "Who must be independent",
    "internal": "Disagreements inside one agency",
    "is_one_of": "Is one of",
    "kind": "Kind",
    "learning": "What can be learned",
    "level": "Level",
    "levels": "Levels",
    "limit": "Time limit",
    "links": "Where else to look",
    "local_additions": "What single Boards add",
    "may_be_shortened": "May be shortened to protect the child",
    "meeting": "A meeting that must have been held",
    "meetings": "Meetings, panels and mediation",
    "months": "Within how many months",
    "notices": "Who is told what",
    "on": "When",
    "on_proforma": "Its answer stands on the proforma",
    "only_if": "Only if",
    "opens": "Opens the stage",
    "otherwise": "What is said to whoever does not confirm it",
    "pattern": "Similar escalations",
    "per_agency": "Of each agency by itself",
    "permitted": "May use this policy",
    "quiet": "When nothing is recorded",
    "repeats_tiers": "Goes up tier by tier",
    "restricted_notes": "Restricted notes",
    "review_date": "A date for a review",
    "routes": "Routes and stages",
    "rule": "Whether",
    "same_as": "Says the same as the stage",
    "several_responding_agencies": "Several agencies can respond",
    "shown_by": "Shown by the document",
    "sides": "Of whom",
    "sight": "How far somebody sees who joins later",
    "signpost": "Where to go",
    "skip": "Passing over stages",
    "stages": "Stages",
    "starts": "Counted from",
    "steps_up": "Who may take it further",
    "stops": "Until",
    "subject_status": "Status of the child",
    "subjects": "Whom it can be about",
    "supported_by": "Who says whether they support it",
    "tell": "Whom to tell",
    "to": "Who is told",
    "until": "Until",
    "who": "Who",
    "words": "The Board’s words",
}
"""What a field is called, where its name says it badly."""
OF_ONE_KIND: Mapping[tuple[type[Part], str], str] = {
    (Skip, "to"): "To the stages",
    (Notice, "only_if"): "Only if",
    (Danger, "steps"): "What to do",
    (Sight, "until"): "Until then",
    (Stage, "summary"): "What happens",
    (Group, "sides"): "Asked of",
    (Policy, "dated"): "Dated",
}
"""The same where other parts have a field of this name that means something else."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One rule, or several that belong together. `key` tells it from its neighbours in every version of the policy."""

    key: str
    label: str
    title: str = ""
    said: str = ""
    """What it says, of a piece that has no pieces of its own."""
    raw: object = None
    """What is compared: two values can be told by the same words."""
    source: Source | None = None
    is_usual: bool = False
    """Whether it says what is so without being said."""
    pieces: tuple[Piece, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.label}: {self.title}" if self.title else self.label

    def lines(self) -> Iterator[str]:
        """Everything that it says, one rule a line."""
        if not self.pieces:
            yield f"{self.label}: {self.said}"
        for piece in self.pieces:
            if not piece.is_usual:
                yield from piece.lines()


def outline(policy: Policy) -> tuple[Piece, ...]:
    """Every rule of a policy, in the order in which its file has them."""
    own = Piece("id", "Id", said=policy.id, raw=policy.id)
    origin = Piece("source", "Where it comes from", said=source_in_words(policy.source), raw=policy.source)
    return (own, *_Teller(policy).fields(policy), origin)


def source_in_words(source: Source | None) -> str:
    match source:
        case Citation(section=section, words=words):
            return f"{section}: “{words}”"
        case Decision(decided=decided):
            return f"Decided by the Board: {decided}"
        case None:
            return ""


def label_of(part: Part, field: str) -> str:
    own = OF_ONE_KIND.get((type(part), field))
    return own or LABELS.get(field) or field.replace("_", " ").capitalize()


class _Teller:
    """Puts one policy into words. What its codes mean, the policy itself says."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        stages = {stage.id: stage.name for route in policy.routes for stage in route.stages}
        routes = {route.id: route.title for route in policy.routes}
        levels, kinds = titles_by_id(policy.levels), titles_by_id(policy.agency_kinds)
        questions = {question.id: question.label for question in policy.questions}
        documents = {kind.value: document_title(policy, kind) for kind in DocumentKind}
        self.codes: Mapping[str, Mapping[str, str]] = {
            **WORDS,
            **dict.fromkeys(("level", "levels", "or_levels", "supported_by", "tell", "titles"), levels),
            **dict.fromkeys(("agency_kind", "agency_kinds", "between"), kinds),
            **dict.fromkeys(("stages", "stage", "same_as", "opens"), stages),
            **dict.fromkeys(("routes", "route"), routes),
            **dict.fromkeys(("questions", "question"), questions),
            **dict.fromkeys(("document", "shown_by"), documents),
            "document_titles": {kind.value: KINDS[kind].title for kind in DocumentKind},
            "to": {**stages, **WORDS["to"]},
            "outcomes": titles_by_id(policy.outcomes),
            "priorities": titles_by_id(policy.priorities),
        }
        self.leaves: Mapping[type[Part], Callable[[Any], str]] = {
            Actor: self._actor,
            Choice: lambda choice: choice.title,
            Contact: self._contact,
            Limit: self._limit,
            Link: lambda link: f"{link.title} ({link.url})" if link.url else link.title,
            OnlyIf: self._only_if,
        }

    def fields(self, part: Part) -> Iterator[Piece]:
        """A piece for each field that says something."""
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if name in LEFT_OUT or value in (None, (), {}):
                continue
            is_usual = not field.is_required() and value == field.get_default()
            yield self._field(name, label_of(part, name), value, is_usual=is_usual)

    def _field(self, name: str, label: str, value: object, *, is_usual: bool) -> Piece:
        match value:
            case Part():
                return self._part(name, label, value, is_usual=is_usual, named=False)
            case tuple() if any(isinstance(each, Part) for each in value):
                return Piece(name, label, pieces=tuple(self._each(name, label, value)), is_usual=is_usual)
            case dict():
                each = (Piece(key, self.said(name, key), said=text, raw=text) for key, text in value.items())
                return Piece(name, label, pieces=tuple(each))
            case _:
                return Piece(name, label, said=self.said(name, value), raw=value, is_usual=is_usual)

    def _each(self, name: str, label: str, parts: Iterable[Part]) -> Iterator[Piece]:
        seen: dict[str, int] = {}
        for part in parts:
            key = key_of(part)
            seen[key] = seen.get(key, 0) + 1
            numbered = key if seen[key] == 1 else f"{key} ({seen[key]})"
            yield self._part(numbered, ONE_OF.get(name, label), part, is_usual=False, named=True)

    def _part(self, key: str, label: str, part: Part, *, is_usual: bool, named: bool) -> Piece:
        source = getattr(part, "source", None)
        if (leaf := self.leaves.get(type(part))) is not None:
            raw = part.model_dump(exclude={"source"})
            return Piece(key, label, said=leaf(part), raw=raw, source=source, is_usual=is_usual)
        title = self._title(part) if named else ""
        return Piece(key, label, title, source=source, is_usual=is_usual, pieces=tuple(self.fields(part)))

    def _title(self, part: Part) -> str:
        if isinstance(part, Notice):
            return f"{self.said('on', part.on)}: {self.said('document', part.document)}"
        found = next((name for name in NAMES if getattr(part, name, None)), "")
        return self.said(found, getattr(part, found)) if found else ""

    # --- leaves

    def said(self, field: str, value: object) -> str:
        match value:
            case bool():
                return "Yes" if value else "No"
            case Enum():
                return self.said(field, value.value)
            case tuple() | frozenset():
                return (" / " if field == "questions" else "; ").join(self.said(field, each) for each in value)
            case str():
                words = self.codes.get(field, {}).get(value)
                return words or (value.replace("_", " ") if value.islower() and " " not in value else value)
            case date():
                return spell_date(value)
            case _:
                return str(value)

    def _actor(self, actor: Actor) -> str:
        who = actor.title or " or ".join(self.said("level", level) for level in actor.levels)
        kinds = f", of: {self.said('agency_kinds', actor.agency_kinds)}" if actor.agency_kinds else ""
        return f"{SIDES[actor.side]} side: {who}{kinds}{'' if actor.needed else ' (may take part)'}"

    def _contact(self, contact: Contact) -> str:
        known = (contact.telephone, contact.email, contact.hours)
        checked = f"checked on {spell_date(contact.checked_on)}" if contact.checked_on else None
        return ", ".join(filter(None, (contact.name, *known, checked)))

    def _limit(self, limit: Limit) -> str:
        if not limit.priorities:
            return spell_limit(limit)
        each = (f"{self.said('priorities', code)}: {self._limit(own)}" for code, own in limit.priorities.items())
        return f"By priority. {'; '.join(each)}"

    def _only_if(self, only_if: OnlyIf) -> str:
        asked = next((each for each in self.policy.questions if each.id == only_if.question), None)
        options = {"yes": "Yes", "no": "No", **(titles_by_id(asked.options) if asked else {})}
        label = asked.label if asked else only_if.question
        return f"“{label}” is {' or '.join(options.get(code, code) for code in only_if.is_one_of)}"


ONE_OF: Mapping[str, str] = {
    "routes": "Route",
    "stages": "Stage",
    "clocks": "Time limit",
    "caps": "Limit",
    "groups": "Group of questions",
    "questions": "Question",
    "notices": "Notice",
    "duties": "Duty",
    "gates": "Statement",
    "meetings": "Meeting",
    "checks": "Check",
    "categories": "Reason",
    "reasons": "Reason",
    "outcomes": "Outcome",
    "levels": "Level",
    "concern_shapes": "Kind of concern",
    "agency_kinds": "Kind of agency",
    "equivalents": "Job titles",
    "local_additions": "Addition",
    "learning": "Learning",
    "contacts": "Contact",
    "links": "Link",
    "options": "Option",
    "priorities": "Priority",
    "sight": "Whoever joins",
}
"""What one piece of a list is called, by the field that holds the list."""


def titles_by_id(choices: Iterable[Choice]) -> dict[str, str]:
    return {choice.id: choice.title for choice in choices}


def key_of(part: Part) -> str:
    """By what a part of a list is known again in another version."""
    match part:
        case Actor(side=side, level=level):
            return f"{side}/{level}"
        case Notice(on=on, document=document, routes=routes, stages=stages):
            return "/".join([on, document, *routes, *stages])
        case Guidance(show=show, title=title):
            return "/".join([*show, title or ""])
        case Question(id=known):
            return known
        case _:
            return str(next(getattr(part, name) for name in KNOWN_BY if getattr(part, name, None)))
