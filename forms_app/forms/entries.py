"""The forms of everything beside the ladder, all by name; and those of what is logged, asked, timed, noted and reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from forms_app.domain.acts import Act, going_on_alongside, open_requests, steps_to_take
from forms_app.domain.attempts import HOW
from forms_app.domain.filing import NOBODY_IN_SEAT
from forms_app.domain.policy import Unit
from forms_app.domain.records import (
    Alongside,
    Contact,
    Danger,
    Facts,
    FiledOnRecord,
    HelpAsked,
    InformationGiven,
    InformationRequest,
    ProformaMade,
    RestrictedNote,
    Step,
    StepDone,
    StepsSet,
    Support,
    TimeAnswered,
    TimeSet,
)
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.forms import after, corrections, joining, meetings
from forms_app.forms.asking import (
    YES_NO,
    Asking,
    Given,
    Page,
    PageForm,
    action_rows,
    danger_page,
    day_ahead,
    page_of,
    past_day,
    raising_agency,
    words,
)
from forms_app.forms.entry import (
    ON_THE_PAGE,
    Entry,
    Forms,
    actions_in,
    agency_named,
    answer_to,
    checked,
    in_short,
    open_in,
    place_in,
    refused,
    rows_in,
    still_to_come,
)
from forms_app.forms.fields import Pick, Ticked, TimeOfDay, Words
from forms_app.forms.sooner import Sooner, not_sooner, sooner_questions

CONDUCT = (
    ("compliance", "Compliance: whether what is laid down was done"),
    ("competence", "Competence: whether somebody can do what their work asks"),
)


def pages_of_entry(asking: Asking, given: Given) -> Iterator[Page]:
    """The pages of one of these forms, that about immediate danger first."""
    if asking.kind is not Act.REPORT_DANGER:
        yield danger_page(asking)
    yield from ENTRIES[asking.kind].pages(asking, given)


# --- the contact log, and the child's file -----------------------------------------------------------------------


def _contact(asking: Asking, given: Given) -> Iterator[Page]:
    fields = {
        "f-happened": past_day(asking, "On which day?"),
        "f-time": TimeOfDay(
            "At what time?", hint="For example 9:30am or 2pm. Leave it empty if you do not know it.", required=False
        ),
        "f-how": Pick("How?", choices=HOW),
        "f-with": words(asking, "Who took part?", hint="The name, job title and agency of each."),
        "f-said": words(asking, "What was said?", hint="Say what is fact and what is opinion, and whose it is."),
        "f-agreed": words(asking, "What was agreed?", hint="Write “Nothing” if nothing was agreed."),
    }
    yield page_of("contact", "The contact", fields, base=checked(partial(still_to_come, asking)))


def _contact_facts(asking: Asking, forms: Forms) -> Facts:
    return Contact(how=answer_to(forms, "f-how"))


def _filing(asking: Asking, given: Given) -> Iterator[Page]:
    fields = {
        "f-happened": past_day(asking, "When was it put on the file?"),
        "f-where": _line(asking, "On which system, or in which file, is the record?"),
        "f-number": _line(asking, "Under which number can it be found there?", required=False),
        "f-meeting": words(
            asking,
            "Where is the record of the meeting held?",
            hint="If there was a meeting: which agency keeps its record, and where.",
            required=False,
        ),
    }
    intro = "Each agency keeps its own copy of the record, and says for itself where it is."
    yield page_of("filing", f"On the {asking.policy.words.child}’s file", fields, intro=intro)


def _filing_facts(asking: Asking, forms: Forms) -> Facts:
    return FiledOnRecord()


# --- information -------------------------------------------------------------------------------------------------


def _information_request(asking: Asking, given: Given) -> Iterator[Page]:
    own = place_in(asking).agency
    known = {place.agency for place in asking.places} - {own}
    agencies = [(str(agency.id), agency.name) for agency in asking.directory.agencies if agency.id in known]
    fields = {
        "f-agency": Pick("Which agency do you ask?", choices=agencies),
        "f-what": words(asking, "What do you need to know, and why?"),
        "f-by": day_ahead(asking, "By when do you need it?"),
    }
    intro = "" if agencies else "No other agency takes part yet. Add somebody of the agency that you want to ask first."
    yield page_of("request", "What you need to know", fields, intro=intro)


def _information_request_facts(asking: Asking, forms: Forms) -> Facts:
    return InformationRequest(agency=UUID(answer_to(forms, "f-agency")), by_when=answer_to(forms, "f-by"))


def _information_given(asking: Asking, given: Given) -> Iterator[Page]:
    requests = open_requests(open_in(asking), place_in(asking).agency)
    choices = [(str(step.id), _request(asking, step)) for step in requests]
    fields = {
        "f-request": Pick("Which request do you answer?", choices=choices),
        "f-answer": words(
            asking, "What is the answer?", hint="If you cannot give it, say why, and who could or by when you will."
        ),
    }
    yield page_of("answer", "Your answer", fields)


def _request(asking: Asking, step: Step) -> str:
    """A request as somebody chooses it: who asked what, when, and by when they need it."""
    assert isinstance(step.facts, InformationRequest)
    answers = (answer for section in asking.written.get(step.id, ()) for answer in section.answers)
    what = next((answer.answer for answer in answers if answer.id == "what"), "")
    asked, due = spell_date(uk_date(step.entered_at)), spell_date(step.facts.by_when)
    return f"{agency_named(asking, step.agency)}, {asked}, needed by {due}: {in_short(what)}"


def _information_given_facts(asking: Asking, forms: Forms) -> Facts:
    return InformationGiven(request=UUID(answer_to(forms, "f-request")))


# --- time --------------------------------------------------------------------------------------------------------


def _time(asking: Asking, given: Given) -> Iterator[Page]:
    frame, now = _frame(asking), open_in(asking)

    def late(form: PageForm) -> tuple[str, str | None]:
        sets_another = "f-time_frame" in form and form["f-time_frame"].data is not None
        return not_sooner(form, now.visit.stage, () if sets_another else now.clocks)

    def undated(form: PageForm) -> tuple[str, str | None]:
        return next(iter(form)).name, refused(asking, _time_facts(asking, {"time": form}))

    fields = {**frame, **sooner_questions(asking, required=not frame)}
    yield page_of("time", "By when", fields, base=checked(undated, base=checked(late, base=Sooner)))


def _frame(asking: Asking) -> dict[str, Any]:
    """The date that all sides must accept, or that the side states which took it to this stage."""
    now = open_in(asking)
    units = {clock.limit.unit for clock in now.visit.stage.clocks}
    word = asking.policy.words.stage
    if Unit.AGREED in units:
        label = "Which date do you propose?"
        hint = f"It becomes the time limit of this {word} when every side has accepted it."
    elif Unit.STATED in units and place_in(asking).side is now.visit.escalated_by:
        label = f"By when should it be settled at this {word}?"
        hint = "Everyone who takes part sees this date."
    else:
        return {}
    return {"f-time_frame": day_ahead(asking, label, hint=hint, required=False)}


def _time_facts(asking: Asking, forms: Forms) -> Facts:
    protect_by = answer_to(forms, "f-protect_by")
    return TimeSet(
        time_frame=answer_to(forms, "f-time_frame"),
        protect_by=protect_by,
        protect_because=answer_to(forms, "f-protect_because") if protect_by else "",
    )


def _time_answer(asking: Asking, given: Given) -> Iterator[Page]:
    proposed = open_in(asking).time_proposed
    assert proposed is not None, "there is a date to answer"
    fields = {
        "f-accepts": Pick("Does your side accept this date?", choices=YES_NO),
        "f-why_not": words(asking, "Why not, and which date would you accept?"),
    }
    intro = f"{agency_named(asking, proposed.step.agency)} proposes {spell_date(proposed.time_frame)}."
    depends = {"f-why_not": ("f-accepts", frozenset({"no"}))}
    yield page_of("answer", "Your answer", fields, depends=depends, intro=intro)


def _time_answer_facts(asking: Asking, forms: Forms) -> Facts:
    proposed = open_in(asking).time_proposed
    assert proposed is not None, "there is a date to answer"
    return TimeAnswered(proposal=proposed.step.id, accepts=answer_to(forms, "f-accepts") == "yes")


# --- what people say of it ---------------------------------------------------------------------------------------


def _support(asking: Asking, given: Given) -> Iterator[Page]:
    fields = {
        "f-supports": Pick("Do you support this escalation?", choices=YES_NO),
        "f-why_not": words(asking, "Why do you not support it?", hint="Say what you advise instead."),
        "f-advice": words(asking, "What do you advise?", required=False),
    }
    depends = {"f-why_not": ("f-supports", frozenset({"no"})), "f-advice": ("f-supports", frozenset({"yes"}))}
    intro = "The other side is told what you say. It does not stop the person who raised the concern from going on."
    yield page_of("support", "What you say", fields, depends=depends, intro=intro)


def _support_facts(asking: Asking, forms: Forms) -> Facts:
    return Support(supports=answer_to(forms, "f-supports") == "yes")


# --- the arbiter's steps, and what goes on alongside --------------------------------------------------------------


def _steps(asking: Asking, given: Given) -> Iterator[Page]:
    fields = {
        "f-how": words(
            asking,
            "How will this be worked on?",
            hint="What will be looked at, who takes part in what, and how it comes to an end.",
        )
    }
    replaced = "These steps take the place of those that were set before." if steps_to_take(open_in(asking)) else ""
    yield page_of("process", "The process", fields, intro=replaced)
    rows = action_rows(asking, "Who does what, by when", each="Step", hint="In the order in which they are taken.")
    base = checked(lambda form: ("f-steps", None if rows_in({"": form}, "f-steps") else "Write down at least one step"))
    yield page_of("steps", "The steps", {"f-steps": rows}, base=base, printed=False)


def _steps_facts(asking: Asking, forms: Forms) -> Facts:
    return StepsSet(steps=actions_in(forms, "f-steps"))


def _step_done(asking: Asking, given: Given) -> Iterator[Page]:
    choices = [(f"{step.id}.{number}", _step(step, number)) for step, number in steps_to_take(open_in(asking))]
    fields = {
        "f-step": Pick("Which step was taken?", choices=choices),
        "f-happened": past_day(asking, "When?"),
        "f-came": words(asking, "What was done, and what came of it?"),
    }
    yield page_of("step", "The step", fields)


def _step(step: Step, number: int) -> str:
    assert isinstance(step.facts, StepsSet)
    action = step.facts.steps[number]
    return f"Step {number + 1}: {in_short(action.what)} ({in_short(action.who)}, by {spell_date(action.by_when)})"


def _step_done_facts(asking: Asking, forms: Forms) -> Facts:
    steps, _, number = answer_to(forms, "f-step").rpartition(".")
    return StepDone(steps=UUID(steps), number=int(number))


def _alongside(asking: Asking, given: Given) -> Iterator[Page]:
    now = open_in(asking)
    going_on = going_on_alongside(now)
    known = {item.id: item.title for visit in now.visits for item in visit.stage.alongside}
    begins = [
        (f"begun.{item.id}", f"{item.title}: it has begun")
        for item in now.visit.stage.alongside
        if item.id not in going_on
    ]
    ends = [(f"ended.{item}", f"{title}: it has ended") for item, title in known.items() if item in going_on]
    fields = {
        "f-item": Pick("What has begun or ended?", choices=[*begins, *ends]),
        "f-happened": past_day(asking, "When?"),
        "f-number": _line(asking, "Under which number can it be found?", required=False),
        "f-what": words(asking, "What must the others know about it?", required=False),
    }
    intro = "This goes on whatever happens here. Neither waits for the other."
    yield page_of("alongside", "What goes on alongside", fields, intro=intro)


def _alongside_facts(asking: Asking, forms: Forms) -> Facts:
    state, _, item = answer_to(forms, "f-item").partition(".")
    return Alongside(item=item, state=state)


# --- help, danger, notes, the proforma ----------------------------------------------------------------------------


def _help(asking: Asking, given: Given) -> Iterator[Page]:
    helpers = asking.policy.helpers
    involved = {raising_agency(asking), *asking.responding}
    held = {person.seat for person in asking.directory.people if person.agency_id not in involved}

    def unheld(form: PageForm) -> tuple[str, str | None]:
        asked = next(helper for helper in helpers if helper.id == form["f-helper"].data)
        return "f-helper", None if asked.seat in held else NOBODY_IN_SEAT

    fields = {
        "f-helper": Pick("Whom do you ask?", choices=[(helper.id, helper.title) for helper in helpers]),
        "f-what": words(asking, "With what do you want help?"),
    }
    intro = "Whoever you ask takes part from now on, and sees everything that is recorded here."
    yield page_of("help", "The help that you want", fields, base=checked(unheld), intro=intro)


def _help_facts(asking: Asking, forms: Forms) -> Facts:
    return HelpAsked(helper=answer_to(forms, "f-helper"))


def _danger(asking: Asking, given: Given) -> Iterator[Page]:
    child = asking.policy.words.child
    now = Pick(
        f"Is the {child}, or anybody else, in danger now?",
        choices=(
            ("no", "No, not any more"),
            ("acted", "Yes, and it has been reported"),
            ("yes", "Yes, and nobody has been told yet"),
        ),
    )
    yield page_of("danger", "Immediate danger", {"f-danger": now})
    fields = {
        "f-what": words(asking, "What is or was the danger, and to whom?"),
        "f-happened": past_day(asking, "On which day was it reported?"),
        "f-time": TimeOfDay("At what time?", hint="For example 9:30am or 2pm."),
        "f-told": words(asking, "Who was told, and by whom?", hint="For example, the number that 999 gave the report."),
        "f-done": words(asking, "What was done?"),
    }
    yield page_of("done", "What was done", fields, base=checked(partial(still_to_come, asking)))


def _danger_facts(asking: Asking, forms: Forms) -> Facts:
    return Danger()


def _restricted_note(asking: Asking, given: Given) -> Iterator[Page]:
    notes = asking.policy.restricted_notes
    assert notes is not None, "the policy has such notes"
    own = asking.directory.own
    levels = ", ".join(asking.policy.level_title(level) for level in notes.levels)
    fields = {
        "f-about": Pick("What is it about?", choices=CONDUCT),
        "f-note": words(asking, "The note"),
    }
    intro = (
        f"Only people of {own.agency} who take part at one of these levels can read it: {levels}. It stands in no "
        "document, no list and no email. If somebody is in danger, report that in its own form: nobody else reads this."
    )
    yield page_of("note", "The note", fields, intro=intro)


def _restricted_note_facts(asking: Asking, forms: Forms) -> Facts:
    return RestrictedNote(about=answer_to(forms, "f-about"))


def _proforma(asking: Asking, given: Given) -> Iterator[Page]:
    title = "The proforma"
    made = Ticked(
        "Confirm",
        statement="Make a proforma of how this escalation stands now",
        otherwise="Confirm that it is to be made, or go back",
    )
    intro = "It names nobody, and holds nothing that anybody typed."
    yield page_of("proforma", title, {"f-made": made}, intro=intro)


def _proforma_facts(asking: Asking, forms: Forms) -> Facts:
    return ProformaMade()


# --- all of them -------------------------------------------------------------------------------------------------


def _line(asking: Asking, label: str, **options: Any) -> Words:
    return Words(label, unprintable=asking.unprintable, **options)


ENTRIES: Mapping[Act, Entry] = {
    Act.LOG_CONTACT: Entry("Log a contact", _contact, _contact_facts, told=ON_THE_PAGE),
    Act.FILE_ON_RECORD: Entry("Say where it is on the {child}’s file", _filing, _filing_facts, told=ON_THE_PAGE),
    Act.ASK_INFORMATION: Entry("Ask another agency for information", _information_request, _information_request_facts),
    Act.GIVE_INFORMATION: Entry("Answer a request for information", _information_given, _information_given_facts),
    Act.CALL_MEETING: Entry("Call a meeting", meetings.calling, meetings.called, meetings.invited),
    Act.RECORD_MEETING: Entry("Record a meeting", meetings.recording, meetings.held),
    Act.SET_TIME: Entry("Set or shorten a time limit", _time, _time_facts),
    Act.ANSWER_TIME: Entry("Answer the proposed date", _time_answer, _time_answer_facts),
    Act.ADD_PEOPLE: Entry("Add or replace somebody", joining.adding, joining.added, joining.people_added),
    Act.SAY_SUPPORT: Entry("Say whether you support this", _support, _support_facts),
    Act.DISSENT: Entry("Record your dissent", after.dissenting, after.dissented),
    Act.SET_STEPS: Entry("Set the steps", _steps, _steps_facts),
    Act.FINISH_STEP: Entry("Say that a step has been taken", _step_done, _step_done_facts),
    Act.NOTE_ALONGSIDE: Entry("Record what goes on alongside", _alongside, _alongside_facts, told=ON_THE_PAGE),
    Act.ASK_HELP: Entry("Ask for help", _help, _help_facts),
    Act.REPORT_DANGER: Entry("Report immediate danger and what was done", _danger, _danger_facts),
    Act.WRITE_RESTRICTED_NOTE: Entry(
        "Write a restricted note",
        _restricted_note,
        _restricted_note_facts,
        told="Nobody gets a copy. Only people of your agency at the levels that the policy names can read it.",
    ),
    Act.MAKE_PROFORMA: Entry(
        "Make a proforma now",
        _proforma,
        _proforma_facts,
        told="You get it, and so does the person who raised the concern. Nobody else does.",
    ),
    Act.FOLLOW_UP: Entry("Say whether it was carried out", after.following_up, after.followed_up),
    Act.SAY_WHAT_CAME: Entry("Say what came of it", after.saying_what_came, after.came_of),
    Act.CORRECT: Entry("Correct something that you recorded", corrections.correcting, corrections.corrected),
}
