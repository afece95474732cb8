"""A policy file as a careful reader understands it: written from the files alone, without the engine, to be compared with it.

It works on the plain YAML, and keeps what happened in plain lists. Only the values that people record are shared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from forms_app.domain.records import (
    Account,
    Agreement,
    Alongside,
    CameOf,
    Concern,
    Correction,
    Dissent,
    Facts,
    FollowUp,
    HelpAsked,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    PeopleJoin,
    Place,
    StepDone,
    StepsSet,
    StepUp,
    TimeAnswered,
    TimeSet,
    Timing,
)

LONDON = ZoneInfo("Europe/London")
Raw = dict[str, Any]
Party = tuple[str, UUID]
TWO = ("raising", "responding")


def read(file: Path) -> Raw:
    found: Raw = YAML(typ="safe", pure=True).load(file.read_text())
    return found


@dataclass
class Line:
    """One record."""

    id: UUID
    at: datetime
    person: Place | None
    facts: Facts


@dataclass
class Stay:
    route: Raw
    stage: Raw
    since: datetime
    by: str
    timing: Timing
    entry: Line
    anew: bool = False
    lines: list[Line] = field(default_factory=list)
    until: datetime | None = None


@dataclass
class Reading:
    """What a reader of the policy knows about one escalation."""

    policy: Raw
    closed_days: Collection[date]
    raiser: Place
    agencies: tuple[UUID, ...]
    stays: list[Stay] = field(default_factory=list)
    end: str = ""
    ended: Line | None = None
    since_end: list[Line] = field(default_factory=list)
    heard: list[Line] = field(default_factory=list)

    # --- where it is

    @property
    def stay(self) -> Stay:
        return self.stays[-1]

    @property
    def stage(self) -> Raw:
        return self.stay.stage

    def route_called(self, name: str) -> Raw:
        return next(route for route in self.policy["routes"] if route["id"] == name)

    def place_after(self) -> tuple[str, str] | None:
        """Where the next stage is: on this route, or on the one that it joins; None outside the policy or nowhere."""
        names = [stage["id"] for stage in self.stay.route["stages"]]
        here = names.index(self.stage["id"])
        if here + 1 < len(names):
            return self.stay.route["id"], names[here + 1]
        after = self.stay.route["after"]
        return (after["route"], after["stage"]) if after["kind"] == "joins" else None

    def is_last(self) -> bool:
        return self.stage["id"] == self.stay.route["stages"][-1]["id"]

    # --- who somebody is to the stage

    def acts_here(self, who: Place) -> bool:
        return any(stands_as(who, actor) for actor in self.stage["actors"])

    def sides_here(self) -> set[str]:
        return {actor["side"] for actor in self.stage["actors"]}

    def decides(self, who: Place) -> bool:
        arbiter = self.stay.route.get("final_arbiter")
        return bool(arbiter and stands_as(who, arbiter)) or (who.side == "board" and self.acts_here(who))

    def whose_word(self) -> set[Party]:
        """Every agency that must agree here, of the sides that act at the stage."""
        every = {("raising", self.raiser.agency), *(("responding", agency) for agency in self.agencies)}
        return {party for party in every if party[0] in self.sides_here()}

    # --- what waits

    def proposal(self) -> tuple[Line | None, dict[Party, bool]]:
        """The outcome that stands, and what each party said to it."""
        found, said = None, dict[Party, bool]()
        for line in self.stay.lines:
            if isinstance(line.facts, Outcome):
                found, said = line, {party_of(line): True}
            elif isinstance(line.facts, Agreement) and found and line.facts.outcome == found.id:
                said[party_of(line)] = line.facts.agrees
        return found, said

    def dates(self) -> list[tuple[Line, date, dict[Party, bool]]]:
        """Each date proposed for all to accept, and what they said to it while it was the latest."""
        if not any(clock["limit"]["unit"] == "agreed" for clock in self.stage["clocks"]):
            return []
        found: list[tuple[Line, date, dict[Party, bool]]] = []
        if self.stay.timing.time_frame and not self.stay.anew:
            found.append((self.stay.entry, self.stay.timing.time_frame, {party_of(self.stay.entry): True}))
        for line in self.stay.lines:
            if isinstance(line.facts, TimeSet) and line.facts.time_frame:
                found.append((line, line.facts.time_frame, {party_of(line): True}))
            elif isinstance(line.facts, TimeAnswered) and found and found[-1][0].id == line.facts.proposal:
                found[-1][2][party_of(line)] = line.facts.accepts
        return found

    def every_line(self) -> Iterator[Line]:
        for stay in self.stays:
            yield from stay.lines

    def unanswered_requests(self, agency: UUID) -> set[UUID]:
        answered = {line.facts.request for line in self.every_line() if isinstance(line.facts, InformationGiven)}
        return {
            line.id
            for line in self.every_line()
            if isinstance(line.facts, InformationRequest) and line.facts.agency == agency and line.id not in answered
        }

    def steps_left(self) -> set[tuple[UUID, int]]:
        left: set[tuple[UUID, int]] = set()
        for line in self.stay.lines:
            if isinstance(line.facts, StepsSet):
                left = {(line.id, number) for number in range(len(line.facts.steps))}
            elif isinstance(line.facts, StepDone):
                left.discard((line.facts.steps, line.facts.number))
        return left

    def going_on(self) -> set[str]:
        going: set[str] = set()
        for line in self.every_line():
            if isinstance(line.facts, Alongside):
                (going.add if line.facts.state == "begun" else going.discard)(line.facts.item)
        return going

    def meetings(self, who: Place, stage: Raw) -> list[Raw]:
        known = [*stage.get("meetings", ()), *self.policy.get("meetings", ())]
        return [meeting for meeting in known if any(stands_as(who, actor) for actor in meeting["conveners"])]

    def meetings_called(self, who: Place) -> dict[UUID, Raw]:
        """Those that were called, at whatever stage, are not recorded as held, and are this person's to convene."""
        held = {line.facts.called for line in self.every_line() if isinstance(line.facts, MeetingHeld)}
        return {
            line.id: meeting
            for stay in self.stays
            for line in stay.lines
            if isinstance(line.facts, MeetingCalled) and line.id not in held
            for meeting in self.meetings(who, stay.stage)
            if meeting["id"] == line.facts.meeting
        }

    # --- what somebody may do

    def may(self, who: Place) -> set[str]:
        found = self._may(who)
        return (
            found
            if self.is_told(who)
            else found & {"contact", "danger", "meeting_called", "meeting_held", "correction"}
        )

    def is_told(self, who: Place) -> bool:
        """Whether they know whom it is about: in the walks everybody takes part from the beginning."""
        theirs = [each for each in self.policy.get("sight", ()) if each["side"] == who.side and not each.get("levels")]
        if not theirs or theirs[0]["sees"] != "deidentified":
            return True
        met = any(isinstance(line.facts, MeetingCalled | MeetingHeld) for line in self.heard)
        return met and theirs[0].get("until") == "meeting_called"

    def _may(self, who: Place) -> set[str]:
        found = {"contact", "filing", "danger", "proforma"}
        if who.level in self.policy.get("restricted_notes", {}).get("levels", ()):
            found.add("restricted_note")
        if self.correctable(who):
            found.add("correction")
        if not self.end:
            return found | set(self._while_open(who))
        answers_for_it = who.side in TWO or self.decides(who)
        if self.end == "resolved":
            found |= {"follow_up"} if answers_for_it else set()
            said = {line.person.person for line in self.since_end if isinstance(line.facts, Dissent) and line.person}
            if self.stage["closing"].get("dissent_recorded") and who.side in TWO and who.person not in said:
                found.add("dissent")
        elif answers_for_it:
            said_by = [
                line.person and str(line.person.side) for line in self.since_end if isinstance(line.facts, CameOf)
            ]
            if not said_by or (who.side == "raising" and said_by[-1] != "raising"):
                found.add("came_of")
        return found

    def correctable(self, who: Place) -> set[UUID]:
        own = [line for line in self.heard if line.person and line.person.person == who.person]
        return {line.id for line in own if line.facts.kind not in {"account", "restricted_note", "proforma"}}

    def _while_open(self, who: Place) -> Iterator[str]:  # noqa: C901 a line for each act
        stage, takes_a_side = self.stage, who.side in TWO
        is_there = self.acts_here(who) or who.is_raiser or (takes_a_side and who.side in self.sides_here())
        if is_there and any(
            group["asked"] == "account" and who.side in group.get("sides", (*TWO, "board")) for group in stage["groups"]
        ):
            yield "account"
        if self.may_close(who) and self.has_met():
            yield "outcome"
        outcome, said = self.proposal()
        party = (str(who.side), who.agency)
        if outcome and stage["closing"]["who"] == "all_sides" and party in self.whose_word() - set(said):
            yield "agreement"
        if (
            not (self.is_last() and self.stay.route["after"]["kind"] == "ends_here")
            and {
                "raising_side": who.side == "raising",
                "board_side": self.decides(who),
                "any_side": takes_a_side or self.acts_here(who),
            }[stage.get("steps_up", "raising_side")]
        ):
            yield "step_up"
        yield "information_request"
        if self.unanswered_requests(who.agency):
            yield "information_given"
        dates = self.dates()
        if dates and party in self.whose_word() - set(dates[-1][2]):
            yield "time_answer"
        if self.meetings(who, stage):
            yield "meeting_called"
        if self.meetings(who, stage) or self.meetings_called(who):
            yield "meeting_held"
        if takes_a_side or self.acts_here(who):
            yield "time"
            yield "people"
        if takes_a_side and self.policy.get("helpers"):
            yield "help"
        if who.side == "raising" and not who.is_raiser and who.level in stage.get("supported_by", ()):
            yield "support"
        if stage.get("arbiter_sets_steps") and self.decides(who):
            yield "steps"
        if self.steps_left():
            yield "step_done"
        if stage.get("alongside") or self.going_on():
            yield "alongside"

    def has_met(self) -> bool:
        """Whether each meeting was recorded that the stage cannot be settled without."""
        wanted = {gate["meeting"] for gate in self.stage.get("gates", ()) if gate.get("meeting")}
        return wanted <= {line.facts.meeting for line in self.stay.lines if isinstance(line.facts, MeetingHeld)}

    def may_close(self, who: Place) -> bool:
        stand_ins = {self.raiser.person}
        for line in self.every_line():
            joined = line.facts
            if isinstance(joined, PeopleJoin) and joined.because == "stands_in" and joined.instead_of in stand_ins:
                stand_ins |= set(joined.joins)
        return {
            "all_sides": who.side in TWO and who.side in self.sides_here(),
            "raising_side": who.side == "raising",
            "raiser": who.person in stand_ins,
            "arbiter": self.decides(who),
        }[self.stage["closing"]["who"]]

    # --- whether what they record is taken

    def takes(self, who: Place, facts: Facts, similar: int) -> bool:
        return facts.kind in self.may(who) and self._is_sound(who, facts, similar)

    def _is_sound(self, who: Place, facts: Facts, similar: int) -> bool:  # noqa: C901 a case for each kind
        stage = self.stage
        match facts:
            case Outcome():
                gates = {
                    gate["id"]
                    for gate in stage.get("gates", ())
                    if gate["before"] == "resolving" and not gate.get("meeting")
                }
                return (
                    facts.outcome in stage["closing"]["outcomes"]
                    and not (self.policy.get("review_date") == "required" and facts.review_on is None)
                    and gates <= set(facts.gates)
                    and set(facts.checks) <= {check["id"] for check in stage.get("checks", ())}
                    and set(facts.learning) <= {kind["id"] for kind in self.policy.get("learning", ())}
                )
            case Account():
                own = [
                    line for line in stage_lines(self.stay, Account) if line.person and line.person.person == who.person
                ]
                corrected = {line.facts.corrects for line in own if isinstance(line.facts, Account)}
                latest = {line.id for line in own} - corrected
                return facts.corrects is None or (facts.corrects in latest and bool(facts.reason.strip()))
            case Correction():
                return facts.corrects in self.correctable(who)
            case Agreement():
                found, _ = self.proposal()
                return found is not None and found.id == facts.outcome
            case StepUp():
                return self._has_authority(who, facts, similar) and is_explained(facts.timing)
            case InformationRequest():
                return facts.agency != who.agency
            case InformationGiven():
                return facts.request in self.unanswered_requests(who.agency)
            case MeetingCalled():
                return facts.meeting in {meeting["id"] for meeting in self.meetings(who, stage)}
            case MeetingHeld():
                return self._was_held(who, facts)
            case TimeSet():
                return self._sets_time(who, facts)
            case TimeAnswered():
                return self.dates()[-1][0].id == facts.proposal
            case PeopleJoin():
                return facts.because != "next_tier" or bool(stage.get("repeats_tiers"))
            case StepDone():
                return (facts.steps, facts.number) in self.steps_left()
            case Alongside():
                if facts.state == "ended":
                    return facts.item in self.going_on()
                return facts.item in {each["id"] for each in stage.get("alongside", ())} - self.going_on()
            case HelpAsked():
                return facts.helper in {helper["id"] for helper in self.policy.get("helpers", ())}
            case FollowUp():
                return self._follows_up(who, facts)
            case CameOf():
                return not facts.resumes or who.side in TWO or self.decides(who)
            case _:
                return True

    def _has_authority(self, who: Place, facts: StepUp, similar: int) -> bool:
        """The next stage; or a later one by a rule of this stage, with its reason, or by the policy's pattern."""
        to = None if facts.route is None else (str(facts.route), str(facts.stage))
        if to is None:
            return self.is_last() and self.stay.route["after"]["kind"] in {"leaves_for", "returns_to", "ends_here"}
        if facts.stage not in {stage["id"] for stage in self.route_called(to[0])["stages"]}:
            return False
        there = next(stage for stage in self.route_called(to[0])["stages"] if stage["id"] == to[1])
        needed = {gate["id"] for gate in there.get("gates", ()) if gate["before"] == "entering"}
        if not needed <= set(facts.gates):
            return False
        if to == self.place_after():
            return True
        names = [stage["id"] for stage in self.stay.route["stages"]]
        here = names.index(self.stage["id"])
        if to[0] != self.stay.route["id"] or names.index(to[1]) <= here + 1:
            return False
        skip, pattern = self.stage["skip"], self.policy.get("pattern") or {}
        by_rule = (
            skip["rule"] != "never"
            and to[1] in skip["to"]
            and facts.skip_reason in {reason["id"] for reason in skip["reasons"]}
            and not (skip["rule"] == "second_person" and (who.is_raiser or who.side == "responding"))
        )
        by_pattern = (
            pattern.get("opens") == to[1]
            and pattern.get("count") is not None
            and similar >= pattern["count"]
            and facts.skip_reason == "pattern"
        )
        return by_rule or by_pattern

    def _was_held(self, who: Place, facts: MeetingHeld) -> bool:
        every = {line.id for line in self.every_line() if isinstance(line.facts, MeetingCalled)}
        held = {line.facts.called for line in self.every_line() if isinstance(line.facts, MeetingHeld)}
        if facts.called is not None and facts.called not in every - held:
            return False
        known = [*self.meetings(who, self.stage)]
        known += [meeting for line, meeting in self.meetings_called(who).items() if line == facts.called]
        found = next((meeting for meeting in known if meeting["id"] == facts.meeting), None)
        return found is not None and len(set(facts.attended)) >= (found.get("at_least") or 0)

    def _sets_time(self, who: Place, facts: TimeSet) -> bool:
        units = {clock["limit"]["unit"] for clock in self.stage["clocks"]}
        if facts.time_frame is None and facts.protect_by is None:
            return False
        may_state = "agreed" in units or ("stated" in units and who.side == self.stay.by)
        return is_explained(facts) and (facts.time_frame is None or may_state)

    def _follows_up(self, who: Place, facts: FollowUp) -> bool:
        assert self.ended is not None
        outcome = self.ended.facts
        assert isinstance(outcome, Outcome)
        duty = None
        if facts.duty is not None:
            duty = self.duties(outcome).get(facts.duty)
            if duty is None or who.side not in (TWO if duty["side"] == "all" else (duty["side"],)):
                return False
        about_actions = duty is None or duty["due"] == "action_date"
        counted = len(facts.carried_out) == len(outcome.actions)
        if not counted and (about_actions or facts.carried_out):
            return False
        if facts.then == "done" and about_actions and not all(facts.carried_out):
            return False
        if facts.then == "again" and facts.again_on is None:
            return False
        return facts.then != "reopen" or who.side in TWO or self.decides(who)

    def duties(self, outcome: Outcome) -> dict[str, Raw]:
        given = {"at_once": True, "review_date": bool(outcome.review_on), "action_date": bool(outcome.actions)}
        return {
            duty["id"]: duty
            for duty in self.policy.get("duties", ())
            if self.stage["id"] in duty.get("stages", [self.stage["id"]]) and given[duty["due"]]
        }

    # --- what happens then

    def hears(self, line: Line) -> None:
        """Writes down one record and moves on."""
        facts = line.facts
        if isinstance(facts, Concern):
            raise AssertionError("it is opened once")
        self.heard.append(line)
        if self.end:
            self.since_end.append(line)
            if (isinstance(facts, FollowUp) and facts.then == "reopen") or (
                isinstance(facts, CameOf) and facts.resumes
            ):
                days = self._protecting([self.stay])
                still = min(days, default=None) if min(days, default=date.min) >= local(line.at) else None
                self._enter(self.stay.route["id"], self.stage["id"], line, Timing(protect_by=still), anew=True)
            return
        self.stay.lines.append(line)
        match facts:
            case StepUp(route=None):
                self._end("left", line)
            case StepUp():
                self.stay.until = line.at
                self._enter(str(facts.route), str(facts.stage), line, facts.timing)
            case Outcome() | Agreement():
                found, said = self.proposal()
                agreed = {party for party, yes in said.items() if yes}
                if found and (self.stage["closing"]["who"] != "all_sides" or self.whose_word() <= agreed):
                    self._end("resolved", line)
                    self.ended = found
            case _:
                pass

    def opens(self, route: str, line: Line) -> None:
        facts = line.facts
        assert isinstance(facts, Concern)
        self.heard.append(line)
        self._enter(route, self.route_called(route)["stages"][0]["id"], line, facts.timing)
        self.stay.lines.append(line)

    def _enter(self, route: str, stage: str, line: Line, timing: Timing, anew: bool = False) -> None:
        if timing.priority is None and self.stays:
            timing = timing.model_copy(update={"priority": self.stay.timing.priority})
        there = self.route_called(route)
        found = next(each for each in there["stages"] if each["id"] == stage)
        by = str(line.person.side) if line.person and not anew else "raising"
        self.stays.append(Stay(there, found, line.at, by, timing, line, anew))
        self.end, self.ended, self.since_end = "", None, []

    def _end(self, how: str, line: Line) -> None:
        self.stay.until = line.at
        self.end, self.ended, self.since_end = how, line, []

    # --- when it is due

    def due(self) -> dict[str, datetime | None]:
        """Every limit that has begun to run at this stage, and the instant at which it is over."""
        found: dict[str, datetime | None] = {}
        caps = {cap["id"]: (cap, self._cap_start(cap)) for cap in self._caps()}
        for clock in self.stage["clocks"]:
            start = self.moment(clock["starts"])
            if start is None:
                continue
            moment = self._over(clock["limit"], start)
            ends = [moment] if moment else []
            shortens = clock.get("may_be_shortened", True)
            if shortens and (protects := self._protects([self.stay])):
                ends.append(protects)
            for cap, began in caps.values():
                if (over := self._over(cap["limit"], began)) is not None:
                    ends.append(over)
                if shortens and (protects := self._protects(self._under(cap))):
                    ends.append(protects)
            found[clock["id"]] = min(ends, default=None)
        for name, (cap, began) in caps.items():
            ends = [self._over(cap["limit"], began), self._protects(self._under(cap))]
            found[name] = min((end for end in ends if end), default=None)
        return found

    def latest(self) -> datetime | None:
        """No limit that may be shortened may end later: the caps over this stage, and what protects the child."""
        ends = [self._protects([self.stay])]
        ends += [self._over(cap["limit"], self._cap_start(cap)) for cap in self._caps()]
        return min((end for end in ends if end), default=None)

    def run(self) -> list[Stay]:
        """The stays since it was opened, or opened again."""
        begin = max((number for number, stay in enumerate(self.stays) if stay.anew), default=0)
        return self.stays[begin:]

    def moment(self, name: str) -> datetime | None:
        first = self.run()[0]
        lines = self.stay.lines
        match name:
            case "opened":
                return next((stay.since for stay in self.run() if stay.stage.get("counts", True)), first.since)
            case "stage_entered":
                return self.stay.since
            case "concern_identified" | "decision_received":
                given = getattr(first.timing, f"{name}_on")
                return midnight(given) if given else first.since
            case "outcome_recorded":
                return self._outcome_at()
            case "meeting_held":
                return next((line.at for line in lines if isinstance(line.facts, MeetingHeld)), None)
            case "accounts_by_all":
                return latest_of([self.filed(side) for side in self.sides_here()])
            case "account_by_raising" | "account_by_responding":
                return self.filed(name.removeprefix("account_by_"))
            case _:
                return None

    def _outcome_at(self) -> datetime | None:
        """When an outcome was recorded, unless somebody has refused one since."""
        at = None
        for line in self.stay.lines:
            if isinstance(line.facts, Outcome):
                at = at or line.at
            elif isinstance(line.facts, Agreement) and not line.facts.agrees:
                at = None
        return at

    def filed(self, side: str) -> datetime | None:
        """When every agency of a side had written at this stage, the concern counted."""
        agencies = {"raising": (self.raiser.agency,), "responding": self.agencies, "board": (None,)}[side]
        firsts = []
        for agency in agencies:
            firsts.append(
                next(
                    (
                        line.at
                        for line in self.stay.lines
                        if isinstance(line.facts, Account | Concern)
                        and line.person
                        and line.person.side == side
                        and agency in (None, line.person.agency)
                    ),
                    None,
                )
            )
        return latest_of(firsts)

    def _caps(self) -> list[Raw]:
        return [cap for cap in self.stay.route.get("caps", ()) if self.stage["id"] in cap["stages"]]

    def _under(self, cap: Raw) -> list[Stay]:
        here = self.stay.route["id"]
        return [stay for stay in self.run() if stay.route["id"] == here and stay.stage["id"] in cap["stages"]]

    def _cap_start(self, cap: Raw) -> datetime:
        begins = {"opened": self.moment("opened"), "stage_entered": self._under(cap)[0].since}[cap["starts"]]
        assert begins is not None
        return begins

    def _protecting(self, stays: list[Stay]) -> list[date]:
        days = [stay.timing.protect_by for stay in stays]
        days += [line.facts.protect_by for stay in stays for line in stay.lines if isinstance(line.facts, TimeSet)]
        return [day for day in days if day]

    def _protects(self, stays: list[Stay]) -> datetime | None:
        known = self._protecting(stays)
        return midnight(min(known) + timedelta(days=1)) if known else None

    def _over(self, limit: Raw, start: datetime) -> datetime | None:
        unit, amount = limit["unit"], limit.get("amount", 0)
        day = local(start)
        match unit:
            case "hours":
                return start + timedelta(hours=amount)
            case "working_days" | "working_weeks":
                count = amount * (5 if unit == "working_weeks" else 1)
                while count:
                    day += timedelta(days=1)
                    count -= self.is_working(day)
            case "calendar_days":
                day += timedelta(days=amount)
            case "same_working_day":
                while not self.is_working(day):
                    day += timedelta(days=1)
            case "by_priority":
                chosen = limit["priorities"].get(self.stay.timing.priority)
                return self._over(chosen, start) if chosen else None
            case "stated" | "agreed":
                frame = self._stated() if unit == "stated" else self._agreed()
                return midnight(frame + timedelta(days=1)) if frame else None
            case _:
                return None
        return midnight(day + timedelta(days=1))

    def _stated(self) -> date | None:
        stated = self.stay.timing.time_frame
        for line in self.stay.lines:
            if isinstance(line.facts, TimeSet) and line.person and line.person.side == self.stay.by:
                stated = line.facts.time_frame or stated
        return stated

    def _agreed(self) -> date | None:
        agreed = None
        for _, day, said in self.dates():
            if self.whose_word() <= {party for party, yes in said.items() if yes}:
                agreed = day
        return agreed

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.closed_days

    def opens_unanswered(self, at: datetime) -> dict[str, tuple[str, str]]:
        """The limits that nobody has kept by now after which the policy opens the next stage, and which stage that is."""
        to = self.place_after()
        if self.end or to is None:
            return {}
        there = next(stage for stage in self.route_called(to[0])["stages"] if stage["id"] == to[1])
        if any(gate["before"] == "entering" for gate in there.get("gates", ())):
            return {}
        due, found = self.due(), {}
        for clock in self.stage["clocks"]:
            over = due.get(clock["id"])
            kept = self.moment(clock["stops"])
            if (
                clock.get("if_unanswered") == "opens_next_stage"
                and kept is None
                and over
                and self.stay.since < over <= at
            ):
                found[clock["id"]] = to
        return found


def stands_as(who: Place, actor: Raw) -> bool:
    return who.side == actor["side"] and who.level in (actor["level"], *actor.get("or_levels", ()))


def party_of(line: Line) -> Party:
    assert line.person is not None
    return str(line.person.side), line.person.agency


def stage_lines(stay: Stay, kind: type) -> list[Line]:
    return [line for line in stay.lines if isinstance(line.facts, kind)]


def is_explained(given: Timing | TimeSet) -> bool:
    return given.protect_by is None or bool(given.protect_because.strip())


def local(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def latest_of(moments: list[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment]
    return max(known) if len(known) == len(moments) else None
