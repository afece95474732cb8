"""What the forms beside the ladder ask, for filling in by hand: contacts, meetings, and everything else that is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.documents.contexts import BlankQuestion, BlankSection
from forms_app.domain.attempts import HOW
from forms_app.domain.policy import Meeting, Policy, Stage, Unit
from forms_app.services.paper_parts import (
    TIME,
    TO_DO,
    YES_NO,
    box,
    day,
    line,
    numbered,
    section,
    table,
    ticks,
)

ACTIONS = 5
"""How many lines a form has for what was agreed."""
PEOPLE = 8


def contact(policy: Policy) -> Iterator[BlankSection]:
    yield section(
        "The contact",
        questions=[
            day("On which day?"),
            line("At what time?", TIME),
            ticks("How?", [words for _, words in HOW]),
            box("Who took part?", "The name, job title and agency of each."),
            box("What was said?", "Say what is fact and what is opinion, and whose it is."),
            box("What was agreed?", "Write “Nothing” if nothing was agreed."),
        ],
    )


# --- meetings -----------------------------------------------------------------------------------------------------


def meetings_of(policy: Policy) -> list[Meeting]:
    """The meetings, panels and mediations of all stages, each once."""
    return list({each.title: each for stage in _stages(policy) for each in policy.meetings_at(stage)}.values())


def meeting(policy: Policy) -> Iterator[BlankSection]:
    meetings = meetings_of(policy)
    yield section(
        "Calling it",
        questions=[
            ticks("Which meeting is it?", [each.title for each in meetings]),
            day("On which day will it be?"),
            line("At what time does it begin?", TIME),
            line("Where will it be?", "An address, or the link to an online meeting."),
            box("What will it be about?", "What must be settled, and what to read or bring."),
        ],
    )
    rows = [("Convenes it",), ("Convenes it",), *numbered("Invited", PEOPLE)]
    columns = ("Part in it", "Name", "Job title and agency", "Were they there?")
    yield section("Who is invited, and who was there", tables=[table(columns, rows)])
    for each in meetings:
        if each.tests:
            yield _tests(each)
    yield section("What was said and decided", questions=list(_minutes(meetings)))
    if any(each.recommendations for each in meetings):
        recommended = table(("What the meeting recommends", *TO_DO), numbered("Recommendation", ACTIONS))
        yield section("Recommendations", tables=[recommended])


def _tests(meeting: Meeting) -> BlankSection:
    questions = []
    for name, test in meeting.tests:
        who = name.removeprefix("independent-")
        nobody = (f"There was no {who}",) if who in {"chair", "facilitator", "mediator"} else ()
        questions.append(ticks(f"Was this so? {test.rstrip('.')}.", (*YES_NO, *nobody)))
    questions.append(box("If one was not so: why, and what was done instead?"))
    return section(f"What the policy asks of this meeting: {meeting.title}", questions=questions)


def _minutes(meetings: list[Meeting]) -> Iterator[BlankQuestion]:
    yield day("On which day was it?")
    if any(each.methodology for each in meetings):
        yield box("By which method did the meeting work?")
    if any(each.minutes for each in meetings):
        yield box("The minutes", "What was said, by whom, and what was decided. Use more sheets.")
    yield box("What came of it?", "If nothing was settled, say what is still open.")


# --- everything else ----------------------------------------------------------------------------------------------


def beside(policy: Policy) -> Iterator[BlankSection]:
    """Each form that a party may need at some stage, under its own name."""
    yield from _danger(policy)
    yield from _information(policy)
    yield from _filing(policy)
    yield from _time(policy)
    yield from _people(policy)
    yield from _voices(policy)
    yield from _steps(policy)
    yield from _afterwards(policy)
    yield section(
        "Correct something that you recorded",
        questions=[
            line("Which of your records is wrong?"),
            box("What is wrong in it?"),
            box("What is right?"),
            box("Why was it wrong?", "For example, what you have learned since, and from whom."),
        ],
    )


def _danger(policy: Policy) -> Iterator[BlankSection]:
    now = ("No, not any more", "Yes, and it has been reported", "Yes, and nobody has been told yet")
    yield section(
        "Report immediate danger and what was done",
        questions=[
            ticks(f"Is the {policy.words.child}, or anybody else, in danger now?", now),
            box("What is or was the danger, and to whom?"),
            day("On which day was it reported?"),
            line("At what time?", TIME),
            box("Who was told, and by whom?", "For example, the number that 999 gave the report."),
            box("What was done?"),
        ],
    )


def _information(policy: Policy) -> Iterator[BlankSection]:
    yield section(
        "Ask another agency for information",
        questions=[
            line("Which agency do you ask?"),
            box("What do you need to know, and why?"),
            day("By when do you need it?"),
        ],
    )
    yield section(
        "Answer a request for information",
        questions=[
            line("Which request do you answer?", "Who asked, and on which day."),
            box("What is the answer?", "If you cannot give it, say why, and who could or by when you will."),
        ],
    )
    if policy.helpers:
        yield section(
            "Ask for help",
            questions=[
                ticks("Whom do you ask?", [helper.title for helper in policy.helpers]),
                box("With what do you want help?"),
            ],
        )


def _filing(policy: Policy) -> Iterator[BlankSection]:
    yield section(
        f"Say where it is on the {policy.words.child}’s file",
        questions=[
            day("When was it put on the file?"),
            line("On which system, or in which file, is the record?"),
            line("Under which number can it be found there?"),
            box(
                "Where is the record of the meeting held?",
                "If there was a meeting: which agency keeps its record, and where.",
            ),
        ],
    )


def _time(policy: Policy) -> Iterator[BlankSection]:
    units = {clock.limit.unit for stage in _stages(policy) for clock in stage.clocks}
    questions = [
        day(f"Must it be settled sooner to protect the {policy.words.child}?", "If so, by which day."),
        box("Why must it be sooner?"),
    ]
    if Unit.STATED in units:
        questions.insert(0, day(f"By when should it be settled at this {policy.words.stage}?"))
    if Unit.AGREED in units:
        questions.insert(0, day("Which date do you propose?"))
    yield section("Set or shorten a time limit", questions=questions)
    if Unit.AGREED in units:
        yield section(
            "Answer the proposed date",
            questions=[
                ticks("Does your side accept this date?", YES_NO),
                box("Why not, and which date would you accept?"),
            ],
        )


def _people(policy: Policy) -> Iterator[BlankSection]:
    word = policy.words.stage
    reasons = [
        f"Nobody fills their place at this {word} yet",
        "They stand in for somebody of my agency",
        "They support me or somebody else of my agency",
        "My agency has nobody more senior, so that I turn to the next tier up on the other side",
    ]
    if any(stage.repeats_tiers for stage in _stages(policy)):
        reasons.insert(3, f"This {word} goes up tier by tier, and they are the next tier")
    yield section(
        "Add or replace somebody",
        questions=[
            ticks("Why does somebody join?", reasons),
            box("What must everybody know about it?", "For example, how long somebody is away."),
        ],
        tables=[
            table(("Who joins?", "Name", "Job title and agency", "In whose place?"), numbered("Person", 2)),
        ],
    )


def _voices(policy: Policy) -> Iterator[BlankSection]:
    """What single parties say of it."""
    if any(stage.supported_by for stage in _stages(policy)):
        yield section(
            "Say whether you support this",
            questions=[
                ticks("Do you support this escalation?", YES_NO),
                box("Why do you not support it?", "Say what you advise instead."),
                box("What do you advise?", "If you support it."),
            ],
        )
    if any(stage.closing.dissent_recorded for stage in _stages(policy)):
        yield section(
            "Record your dissent",
            questions=[
                box("With what do you not agree, and why?"),
                box("What will you do because of it?"),
            ],
        )


def _steps(policy: Policy) -> Iterator[BlankSection]:
    if any(stage.arbiter_sets_steps for stage in _stages(policy)):
        yield section(
            "Set the steps",
            questions=[
                box(
                    "How will this be worked on?",
                    "What will be looked at, who takes part in what, and how it comes to an end.",
                )
            ],
            tables=[table(("Who does what, by when", *TO_DO), numbered("Step", ACTIONS))],
        )
        yield section(
            "Say that a step has been taken",
            questions=[
                line("Which step was taken?"),
                day("When?"),
                box("What was done, and what came of it?"),
            ],
        )
    items = dict.fromkeys(item.title for stage in _stages(policy) for item in stage.alongside)
    if items:
        states = [f"{item}: it has {state}" for item in items for state in ("begun", "ended")]
        yield section(
            "Record what goes on alongside",
            questions=[
                ticks("What has begun or ended?", states),
                day("When?"),
                line("Under which number can it be found?"),
                box("What must the others know about it?"),
            ],
        )


def _afterwards(policy: Policy) -> Iterator[BlankSection]:
    word = policy.words.stage
    then = (
        "It is done",
        "It will be looked at again",
        f"The escalation is opened again, at the {word} where it was settled",
    )
    duties = [ticks("Which of these do you follow up?", [*(duty.text for duty in policy.duties), "None of these"])]
    columns = ("Agreed actions", "Was it carried out?", "What happened instead?", "Who says so?")
    yield section(
        "Say whether it was carried out",
        questions=[
            *(duties if policy.duties else []),
            ticks("What happens now?", then),
            day("On which day will it be looked at again?"),
            box("What was found, and why does this follow?"),
        ],
        tables=[table(columns, numbered("Action", ACTIONS))],
    )
    if any(route.after.kind != "joins" for route in policy.routes):
        resumes = ("No. It came to its end there", "Yes")
        yield section(
            "Say what came of it",
            questions=[
                day("When did you learn of it?"),
                box("What came of it?"),
                ticks("Does the escalation go on here?", resumes),
            ],
        )


def _stages(policy: Policy) -> list[Stage]:
    return [stage for route in policy.routes for stage in route.stages]
