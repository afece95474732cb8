"""Invented contexts of every kind: plain, hard to print, and empty."""

from __future__ import annotations

from forms_app.documents.contexts import (
    Acknowledgement,
    AcknowledgementSheet,
    Action,
    Answer,
    Attempt,
    BlankForm,
    BlankQuestion,
    BlankSection,
    BlankTable,
    BoardProforma,
    Context,
    Drawn,
    Fact,
    FiguresReport,
    FiguresTable,
    FileCopy,
    Heading,
    LearningGroup,
    LearningLine,
    LearningReport,
    MeetingInvitation,
    MeetingMinutes,
    NoticeToBoard,
    Party,
    PolicyGapNotice,
    Record,
    Referral,
    Room,
    Section,
    StageLine,
    StageRecord,
    SubGroupReport,
    TimeLimit,
    WrittenAccount,
    WrittenConfirmation,
)

HEADING = Heading(
    board="Brackenshire Safeguarding Children Partnership",
    title="Written account of the concern",
    policy="Resolution of Professional Disagreements, version 4 (1 April 2026)",
    reference="BRK-2026-0001",
    issued_on="2 November 2026",
    business_unit="Business unit, business.unit@brackenshire.example, 01632 960001",
)
DEIDENTIFIED_HEADING = HEADING.model_copy(update={"issued_on": "November 2026"})
RAISER = Party(
    name="Wren Ashdown", job_title="Health visitor", agency="Brackenshire Community Health", side="Raised the concern"
)
OTHER = Party(
    name="Idris Fallowfield", job_title="Team manager", agency="Brackenshire Children’s Services", side="Responds"
)


def answers(*pairs: tuple[str, str]) -> tuple[Answer, ...]:
    return tuple(Answer(question=question, answer=answer) for question, answer in pairs)


SUBJECT = answers(
    ("Child’s name", "Ottilie Marchbank"), ("Date of birth", "4 March 2019"), ("Known to the agencies as", "OM-2231")
)
CONCERN = (
    Section(
        title="The concern",
        answers=answers(
            (
                "Which decision do you disagree with?",
                "The decision of 28 October 2026 to step the case down from child protection to child in need.",
            ),
            (
                "Why does it leave the child at risk?",
                "Two home visits were missed in the last three weeks.\n\nThe family’s wider network has moved away since the plan.",
            ),
        ),
    ),
    Section(
        title="What would put it right",
        answers=answers(("What outcome are you looking for?", "A review conference within 10 working days.")),
    ),
)
ACTIONS = (
    Action(
        what="Visit the home together and see the child alone",
        who="Idris Fallowfield and Wren Ashdown",
        by_when="9 November 2026",
    ),
    Action(what="Send the record of the visit to both agencies", who="Idris Fallowfield", by_when="11 November 2026"),
)
LIMITS = (
    TimeLimit(who="Practitioners", what="Discuss the disagreement", by_when="5pm on 30 October 2026", kept="Kept"),
    TimeLimit(
        who="First-line managers",
        what="Meet and record the outcome",
        by_when="5pm on 4 November 2026",
        kept="Not yet due",
    ),
)
FACTS = (
    Fact(name="Month in which it was raised", value="October 2026"),
    Fact(name="Agency that raised it", value="Health"),
    Fact(name="Reason", value="Step-down from a child protection plan"),
)
STAGES = (
    StageLine(
        stage="Stage 1: practitioners", entered="28 October 2026", left="30 October 2026", how="Not resolved: escalated"
    ),
    StageLine(stage="Stage 2: first-line managers", entered="30 October 2026", left="2 November 2026", how="Resolved"),
)
STAGES_BY_MONTH = tuple(
    line.model_copy(update={"entered": "October 2026", "left": month})
    for line, month in zip(STAGES, ("October 2026", "November 2026"), strict=True)
)
LEARNING = (
    "Step-down decisions are shared in writing before they take effect.",
    "Health visitors are asked before a plan ends.",
)
CHAIR = Party(
    name="Morwenna Tasker", job_title="Independent Chair", agency="Brackenshire Partnership", side="Neither side"
)
CHOICES = (
    "☐ I have read it and agree that it says what was decided",
    "☐ I have read it and do not agree, for the reasons below",
)
ATTEMPTS = (
    Attempt(
        when="28 October 2026 at 4.30pm",
        what="Telephone call between the practitioners",
        who="Wren Ashdown and Idris Fallowfield",
        said="Not settled: each would speak to their manager.",
    ),
    Attempt(
        when="30 October 2026",
        what="Meeting of the first-line managers",
        who="Both sides",
        said="The plan was read together. No agreement on who sees the child alone.",
    ),
)
RECORDS = (
    Record(
        title="Concern raised by Brackenshire Community Health",
        written_by="Wren Ashdown, Brackenshire Community Health",
        happened_on="28 October 2026",
        entered_at="28 October 2026 at 4.30pm",
        sections=CONCERN,
        actions=(),
    ),
    Record(
        title="Outcome of stage 2: first-line managers",
        written_by="Idris Fallowfield, Brackenshire Children’s Services",
        happened_on="2 November 2026",
        entered_at="2 November 2026 at 11.15am",
        sections=(
            Section(
                title="The outcome",
                answers=answers(("What was decided?", "The plan stays in place until a review conference.")),
            ),
        ),
        actions=ACTIONS,
    ),
)
TEXTS = answers(
    ("What happened, in a few sentences?", "Two agencies read the same visits differently and met twice."),
    ("What should others learn from it?", "Say in writing who will see the child alone, and by when."),
)

BLANK = BlankForm(
    heading=HEADING,
    use=("Use it when the service cannot be reached.", "Enter it in the service as soon as you can."),
    sections=(
        BlankSection(
            title="The concern",
            notes=("Write clearly.",),
            questions=(
                BlankQuestion(
                    question="Which decision do you disagree with?", hints=("Give its date.",), room=Room.BOX
                ),
                BlankQuestion(question="When were you told of it?", room=Room.LINE),
                BlankQuestion(question="How urgent is it?", options=("☐ Urgent", "☐ Not urgent"), room=Room.NONE),
            ),
        ),
        BlankSection(
            title="Agreed actions",
            tables=(
                BlankTable(
                    columns=("Number", "What will be done", "Who will do it", "By when"),
                    rows=(("Action 1",), ("Action 2", "Visit the home together")),
                ),
            ),
        ),
    ),
)

REASONS = FiguresTable(
    title="Reasons",
    counts="Escalations by the reason for which they were raised.",
    drawn=Drawn.BARS,
    columns=("Of which", "2026", "2025"),
    rows=(("Step-down from a plan", "12", "9"), ("Thresholds", "Not shown", "0"), ("Information sharing", "31", "27")),
    total=("All", "Not shown", "36"),
    nothing=(),
    notes=("More concerns were raised after the training in spring.",),
)
NEEDS = FiguresTable(
    title="Level of need",
    counts="Escalations by the level of need.",
    drawn=Drawn.NOT,
    columns=(),
    rows=(),
    total=(),
    nothing=("This policy does not ask for the level of need.",),
    notes=(),
)
FIGURES = FiguresReport(
    heading=HEADING,
    facts=(Fact(name="Period", value="2026"), Fact(name="Escalations begun in it", value="48")),
    introduction=answers(
        ("Introduction", "In this year the agencies raised more concerns.\n\nMost were settled early.")
    ),
    tables=(REASONS, NEEDS),
    how=("An escalation belongs to the period in which it was begun.",),
    texts=TEXTS,
)

PLAIN: dict[str, Context] = {
    "written_account": WrittenAccount(
        heading=HEADING,
        raised_by=RAISER,
        raised_on="28 October 2026 at 4.30pm",
        stage="Stage 1: practitioners",
        parties=(RAISER, OTHER),
        subject=SUBJECT,
        sections=CONCERN,
        time_limits=LIMITS,
    ),
    "stage_record": StageRecord(
        heading=HEADING,
        stage="Stage 2: first-line managers",
        what="Account of the side that raised the concern",
        written_by=RAISER,
        happened_on="30 October 2026",
        entered_at="30 October 2026 at 5.05pm",
        parties=(RAISER, OTHER),
        subject=SUBJECT,
        sections=CONCERN,
        actions=ACTIONS,
        time_limits=LIMITS,
    ),
    "written_confirmation": WrittenConfirmation(
        heading=HEADING,
        stage="Stage 2: first-line managers",
        outcome="Resolved: the plan stays in place until a review conference",
        resolved_on="2 November 2026",
        raised_by=RAISER,
        parties=(RAISER, OTHER),
        subject=SUBJECT,
        sections=CONCERN,
        actions=ACTIONS,
        outstanding="Who attends the core group is still open; the two managers settle it by 6 November 2026.",
        review="1 December 2026",
        agreement=answers(
            ("Brackenshire Community Health", "Agreed on 2 November 2026"),
            ("Brackenshire Children’s Services", "Agreed on 2 November 2026"),
        ),
    ),
    "acknowledgement_sheet": AcknowledgementSheet(
        heading=HEADING,
        stage="Stage 2: first-line managers",
        outcome="Resolved: the plan stays in place until a review conference",
        resolved_on="2 November 2026",
        actions=ACTIONS,
        return_to="Send it by 9 November 2026 to the business unit, business.unit@brackenshire.example.",
        people=(
            Acknowledgement(
                name=RAISER.name,
                agency=RAISER.agency,
                side=RAISER.side,
                said="Agreed on 2 November 2026",
                choices=(),
            ),
            Acknowledgement(name=OTHER.name, agency=OTHER.agency, side=OTHER.side, said="", choices=CHOICES),
            Acknowledgement(
                name="Delyth Penhallow", agency="Brackenshire Police", side="Neither side", said="", choices=CHOICES
            ),
        ),
    ),
    "meeting_invitation": MeetingInvitation(
        heading=HEADING,
        meeting="Resolution panel",
        when="Thursday 12 November 2026 at 10am",
        stage="Stage 4: resolution panel",
        called_by=CHAIR,
        conveners=(CHAIR,),
        invited=(RAISER, OTHER),
        rules=("The chair has had no part in the case.", "Each agency sends somebody who can decide for it."),
        subject=SUBJECT,
        sections=CONCERN,
    ),
    "meeting_minutes": MeetingMinutes(
        heading=HEADING,
        meeting="Resolution panel",
        held_on="12 November 2026",
        stage="Stage 4: resolution panel",
        written_by=CHAIR,
        attended=(CHAIR, RAISER),
        absent=(OTHER,),
        confirmed=("The chair has had no part in the case.",),
        subject=SUBJECT,
        sections=CONCERN,
        actions=ACTIONS,
    ),
    "referral": Referral(
        heading=HEADING,
        to="Morwenna Tasker, Independent Chair",
        stage="Stage 4: resolution panel",
        why="The first-line managers did not agree within the time limit of stage 2.",
        subject=SUBJECT,
        raised_by=RAISER,
        parties=(RAISER, OTHER),
        sections=CONCERN,
        attempts=ATTEMPTS,
        stages=STAGES,
        time_limits=LIMITS,
    ),
    "file_copy": FileCopy(
        heading=HEADING,
        agency="Brackenshire Community Health",
        where="Resolved at stage 2: first-line managers",
        subject=SUBJECT,
        raised_by=RAISER,
        parties=(RAISER, OTHER),
        stages=STAGES,
        time_limits=LIMITS,
        filed=answers(("Brackenshire Children’s Services", "On file since 3 November 2026")),
        records=RECORDS,
    ),
    "notice_to_board": NoticeToBoard(
        heading=DEIDENTIFIED_HEADING, reason="The escalation has reached stage 4, which the Board hears.", facts=FACTS
    ),
    "board_proforma": BoardProforma(
        heading=DEIDENTIFIED_HEADING,
        part="Learning: the escalation has ended",
        facts=FACTS,
        stages=STAGES_BY_MONTH,
        time_limits=LIMITS,
        learning=LEARNING,
        texts=TEXTS,
    ),
    "sub_group_report": SubGroupReport(
        heading=DEIDENTIFIED_HEADING,
        to="Learning and Improvement sub-group",
        facts=FACTS,
        stages=STAGES_BY_MONTH,
        learning=LEARNING,
        texts=TEXTS,
    ),
    "policy_gap_notice": PolicyGapNotice(
        heading=DEIDENTIFIED_HEADING,
        to="Policy and Procedures group",
        stage="Stage 4: resolution panel",
        facts=FACTS,
        texts=TEXTS,
    ),
    "annual_report": FIGURES,
    "quarterly_report": FIGURES,
    "learning_report": LearningReport(
        heading=HEADING,
        facts=(Fact(name="Reported to", value="Sub-group"), Fact(name="Period", value="2026")),
        groups=(
            LearningGroup(
                title="Learning that is open",
                lines=(LearningLine(title="1. A need for training", facts=FACTS),),
                nothing=(),
            ),
            LearningGroup(title="What was done", lines=(), nothing=("Nothing was done in this time.",)),
        ),
        texts=TEXTS,
    ),
    "blank_form": BLANK,
    "blank_proforma": BLANK,
}

NASTY = (
    'Seen <2 hrs & no home> visit; "quoted" ‘and’ “curly”, {{ heading.board }} {% if x %} {# gone? #} {_{ }_} {_% %_} {{{}}} %}',
    "Llŷr a Gŵenllïan o Dŷ Ŵŷn: â ê î ô û ŵ ŷ, Ŵ Ŷ",
    "😀 👍🏽 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🇬🇧 ❤️ ✓ ✔ → ⇒ ≤ ≥ ½ £ € ₹",
    "Nguyễn Thị Ánh, Adébáyọ̀ Ọláńrewájú, Zażółć gęślą jaźń, Ελληνικά, Їжак, x̂ x",
    "non\u00a0breaking, co\u00adoperate, zero\u200bwidth, well-being, office affluent fjord",
    "One line\nanother line\n\n\na paragraph after a gap\n  indented\tand a tab",
    "</w:t></w:r></w:p><script>alert(1)</script><img src=http://127.0.0.1:9/x.png> &amp; &#65; &lt;b&gt; <!-- -->",
    "../../etc/passwd $(id) `id` ${7*7} #{7*7} <%= 7*7 %> {{ 7*7 }} {{ config }} {{ ''.__class__.__mro__ }}",
)
LONG_WORD = "Llanfair" * 20
WORDS = " ".join(f"word{number} of what happened next," for number in range(600))
LONG = f"{WORDS}\n\n{LONG_WORD}\n\n{WORDS}"
HARD_ANSWERS = (
    *answers(*((f"Question {number}: <what> & why?", text) for number, text in enumerate(NASTY, start=1))),
    Answer(question="A long account", answer=LONG),
    Answer(question="A long word", answer=LONG_WORD),
    Answer(question="Nothing at all", answer=" \n "),
)
HARD_HEADING = HEADING.model_copy(update={"board": "Gŵyr & <West> Partnership", "policy": "“Disagreements” < & > 100%"})
HARD_PARTY = Party(name="Llŷr Gŵyn & Söns <x>", job_title=LONG_WORD[:90], agency="Ŵ & {{ 1 }}", side="")
NOBODY = Party(name="", job_title="", agency="", side="")
HARD_ACTIONS = (
    *(
        Action(
            what=f"Action {number}: {NASTY[number % len(NASTY)]}",
            who=f"Person {number}",
            by_when=f"{number} <May> 2027",
        )
        for number in range(1, 39)
    ),
    Action(what=WORDS, who=WORDS[:4000], by_when="Soon"),
    Action(what="", who=LONG_WORD, by_when=" "),
)
HARD_LIMITS = tuple(
    TimeLimit(who=f"Role {number}", what=NASTY[number % len(NASTY)], by_when="5pm & later", kept="")
    for number in range(12)
)
HARD_STAGES = tuple(StageLine(stage=text, entered="<", left="&", how=text) for text in NASTY)
HARD_FACTS = tuple(Fact(name=f"Fact {number} <&>", value=text) for number, text in enumerate(NASTY, start=1))

HARD_BLANK = BlankForm(
    heading=HARD_HEADING,
    use=NASTY,
    sections=tuple(
        BlankSection(
            title=f"{{{{ title {number} }}}}",
            notes=NASTY,
            questions=tuple(
                BlankQuestion(question=f"{number} {text}", hints=(text, WORDS[:900]), options=NASTY, room=room)
                for number, (text, room) in enumerate(zip(NASTY, [*Room] * 3, strict=False))
            ),
            tables=(
                BlankTable(
                    columns=("<Who>", "", "{{ 1 }}", LONG_WORD),
                    rows=(
                        (),
                        ("",),
                        *((f"Row {row}", NASTY[row % len(NASTY)])[: 1 + row % 2] for row in range(40)),
                        (),
                    ),
                ),
            ),
        )
        for number in range(2)
    ),
)

HARD_TABLES = (
    *(
        FiguresTable(
            title=f"Table {count}: “figures” & <others>\nof the year",
            counts=NASTY[count - 1],
            drawn=Drawn.BARS,
            columns=tuple(f"<{number}> & {LONG_WORD[: 20 * number]}" for number in range(count)),
            rows=tuple(
                (f"{number} {NASTY[number % len(NASTY)]}", *("" if number == 3 else f"{number}",) * (count - 1))
                for number in range(5)
            ),
            total=("All & <none>", *("1,234",) * (count - 1)),
            nothing=(),
            notes=NASTY,
        )
        for count in (2, 4, 7)
    ),
    FiguresTable(
        title="Who raised concerns with whom",
        counts=WORDS[:2000],
        drawn=Drawn.NOT,
        columns=("Of which", "2026", "2025"),
        rows=tuple(
            (f"{LONG_WORD[:90]} {one} – Agency {other} <&>", str(one * other), "Not shown")
            for one in range(6)
            for other in range(6)
        ),
        total=(),
        nothing=(),
        notes=(),
    ),
)
HARD_FIGURES = FiguresReport(
    heading=HARD_HEADING, facts=HARD_FACTS, introduction=HARD_ANSWERS, tables=HARD_TABLES, how=NASTY, texts=()
)

HARD: dict[str, Context] = {
    "written_account": WrittenAccount(
        heading=HARD_HEADING,
        raised_by=HARD_PARTY,
        raised_on="<today>",
        stage="{{ stage }}",
        parties=(HARD_PARTY,) * 9,
        subject=(*HARD_ANSWERS[:8], Answer(question="Siblings", answer=WORDS)),
        sections=(Section(title="One & <two>", answers=HARD_ANSWERS), Section(title="Again", answers=HARD_ANSWERS[:8])),
        time_limits=HARD_LIMITS,
    ),
    "stage_record": StageRecord(
        heading=HARD_HEADING,
        stage="",
        what="{% raw %}",
        written_by=HARD_PARTY,
        happened_on="",
        entered_at="<now>",
        parties=(HARD_PARTY,) * 3,
        subject=HARD_ANSWERS[:8],
        sections=(Section(title="One & <two>", answers=HARD_ANSWERS),),
        actions=HARD_ACTIONS,
        time_limits=HARD_LIMITS,
    ),
    "written_confirmation": WrittenConfirmation(
        heading=HARD_HEADING,
        stage="{# stage #}",
        outcome=NASTY[0],
        resolved_on="",
        raised_by=HARD_PARTY,
        parties=(HARD_PARTY,) * 3,
        subject=HARD_ANSWERS[:8],
        sections=(Section(title="{{ title }}", answers=HARD_ANSWERS),),
        actions=HARD_ACTIONS,
        outstanding=NASTY[5],
        review=NASTY[2],
        agreement=HARD_ANSWERS[:8],
    ),
    "acknowledgement_sheet": AcknowledgementSheet(
        heading=HARD_HEADING,
        stage="{{ stage }}",
        outcome=NASTY[0],
        resolved_on="",
        actions=HARD_ACTIONS,
        return_to=f"{NASTY[6]} {LONG_WORD}",
        people=tuple(
            Acknowledgement(
                name=text,
                agency=LONG_WORD[:90],
                side="",
                said="" if number % 3 else f"{text}\n{WORDS[:3000]}",
                choices=(f"☐ {NASTY[1]}", f"☐ {LONG_WORD}", f"☐ {text}") if number % 3 else (),
            )
            for number, text in enumerate(NASTY)
        ),
    ),
    "meeting_invitation": MeetingInvitation(
        heading=HARD_HEADING,
        meeting=NASTY[0],
        when="<soon> & {{ later }}",
        stage="",
        called_by=HARD_PARTY,
        conveners=(HARD_PARTY,) * 2,
        invited=(HARD_PARTY,) * 30,
        rules=(*NASTY, LONG_WORD, ""),
        subject=HARD_ANSWERS[:8],
        sections=(Section(title="{% agenda %}", answers=HARD_ANSWERS),),
    ),
    "meeting_minutes": MeetingMinutes(
        heading=HARD_HEADING,
        meeting="{{ meeting }}",
        held_on="",
        stage=NASTY[1],
        written_by=HARD_PARTY,
        attended=(HARD_PARTY,) * 12,
        absent=(NOBODY, HARD_PARTY),
        confirmed=(*NASTY, WORDS),
        subject=HARD_ANSWERS[:8],
        sections=(Section(title="One & <two>", answers=HARD_ANSWERS),),
        actions=HARD_ACTIONS,
    ),
    "referral": Referral(
        heading=HARD_HEADING,
        to="<The Chair> & others",
        stage="{% stage %}",
        why=LONG,
        subject=HARD_ANSWERS[:8],
        raised_by=HARD_PARTY,
        parties=(HARD_PARTY,) * 9,
        sections=(Section(title="One & <two>", answers=HARD_ANSWERS), Section(title="", answers=HARD_ANSWERS[:8])),
        attempts=(
            *(
                Attempt(when=f"{number} <May>", what=text, who="{{ who }}", said=text)
                for number, text in enumerate(NASTY)
            ),
            Attempt(when=LONG_WORD, what=WORDS[:3000], who="", said=WORDS),
        ),
        stages=HARD_STAGES,
        time_limits=HARD_LIMITS,
    ),
    "file_copy": FileCopy(
        heading=HARD_HEADING,
        agency="Ŵ & {{ 1 }}",
        where=NASTY[5],
        subject=HARD_ANSWERS[:8],
        raised_by=HARD_PARTY,
        parties=(HARD_PARTY,) * 9,
        stages=HARD_STAGES,
        time_limits=HARD_LIMITS,
        filed=HARD_ANSWERS[:8],
        records=(
            Record(
                title=NASTY[0],
                written_by=NASTY[3],
                happened_on="",
                entered_at="<now>",
                sections=(Section(title="One & <two>", answers=HARD_ANSWERS),),
                actions=HARD_ACTIONS,
            ),
            Record(title="", written_by="", happened_on="", entered_at="", sections=(), actions=()),
            *(
                Record(
                    title=f"Record {number} & {{{{ title }}}}",
                    written_by=LONG_WORD,
                    happened_on=f"{number} <May>",
                    entered_at="",
                    sections=(Section(title=NASTY[number % len(NASTY)], answers=HARD_ANSWERS[number % 8 :][:2]),),
                    actions=HARD_ACTIONS[:1],
                )
                for number in range(8)
            ),
        ),
    ),
    "notice_to_board": NoticeToBoard(heading=HARD_HEADING, reason=NASTY[5], facts=HARD_FACTS),
    "board_proforma": BoardProforma(
        heading=HARD_HEADING,
        part="{# part #}",
        facts=HARD_FACTS,
        stages=HARD_STAGES,
        time_limits=HARD_LIMITS,
        learning=(*NASTY, LONG_WORD),
        texts=HARD_ANSWERS,
    ),
    "sub_group_report": SubGroupReport(
        heading=HARD_HEADING,
        to=LONG_WORD,
        facts=HARD_FACTS,
        stages=HARD_STAGES,
        learning=(*NASTY, LONG_WORD),
        texts=HARD_ANSWERS,
    ),
    "policy_gap_notice": PolicyGapNotice(
        heading=HARD_HEADING, to="<The group> & others", stage="", facts=HARD_FACTS, texts=HARD_ANSWERS
    ),
    "annual_report": HARD_FIGURES,
    "quarterly_report": FIGURES,
    "learning_report": LearningReport(
        heading=HARD_HEADING,
        facts=HARD_FACTS,
        groups=tuple(
            LearningGroup(
                title=f"Group {count}: “open” & <done>",
                lines=tuple(LearningLine(title=f"{number}. {LONG_WORD}", facts=HARD_FACTS) for number in range(count)),
                nothing=NASTY[:1] if not count else (),
            )
            for count in (0, 1, 3)
        ),
        texts=HARD_ANSWERS,
    ),
    "blank_form": HARD_BLANK,
    "blank_proforma": HARD_BLANK,
}

NO_FIGURES = FiguresReport(heading=HEADING, facts=(), introduction=(), tables=(), how=(), texts=())
EMPTY: dict[str, Context] = {
    "written_account": WrittenAccount(
        heading=HEADING, raised_by=NOBODY, raised_on="", stage="", parties=(), subject=(), sections=(), time_limits=()
    ),
    "stage_record": StageRecord(
        heading=HEADING,
        stage="",
        what="",
        written_by=NOBODY,
        happened_on="",
        entered_at="",
        parties=(),
        subject=(),
        sections=(),
        actions=(),
        time_limits=(),
    ),
    "written_confirmation": WrittenConfirmation(
        heading=HEADING,
        stage="",
        outcome="",
        resolved_on="",
        raised_by=NOBODY,
        parties=(),
        subject=(),
        sections=(),
        actions=(),
        outstanding="",
        review="",
        agreement=(),
    ),
    "acknowledgement_sheet": AcknowledgementSheet(
        heading=HEADING, stage="", outcome="", resolved_on="", actions=(), return_to="", people=()
    ),
    "meeting_invitation": MeetingInvitation(
        heading=HEADING,
        meeting="",
        when="",
        stage="",
        called_by=NOBODY,
        conveners=(),
        invited=(),
        rules=(),
        subject=(),
        sections=(),
    ),
    "meeting_minutes": MeetingMinutes(
        heading=HEADING,
        meeting="",
        held_on="",
        stage="",
        written_by=NOBODY,
        attended=(),
        absent=(),
        confirmed=(),
        subject=(),
        sections=(),
        actions=(),
    ),
    "referral": Referral(
        heading=HEADING,
        to="",
        stage="",
        why="",
        subject=(),
        raised_by=NOBODY,
        parties=(),
        sections=(),
        attempts=(),
        stages=(),
        time_limits=(),
    ),
    "file_copy": FileCopy(
        heading=HEADING,
        agency="",
        where="",
        subject=(),
        raised_by=NOBODY,
        parties=(),
        stages=(),
        time_limits=(),
        filed=(),
        records=(),
    ),
    "notice_to_board": NoticeToBoard(heading=DEIDENTIFIED_HEADING, reason="", facts=()),
    "board_proforma": BoardProforma(
        heading=DEIDENTIFIED_HEADING, part="", facts=(), stages=(), time_limits=(), learning=(), texts=()
    ),
    "sub_group_report": SubGroupReport(heading=DEIDENTIFIED_HEADING, to="", facts=(), stages=(), learning=(), texts=()),
    "policy_gap_notice": PolicyGapNotice(heading=DEIDENTIFIED_HEADING, to="", stage="", facts=(), texts=()),
    "annual_report": NO_FIGURES,
    "quarterly_report": NO_FIGURES,
    "learning_report": LearningReport(heading=HEADING, facts=(), groups=(), texts=()),
    "blank_form": BlankForm(heading=HEADING, use=(), sections=()),
    "blank_proforma": BlankForm(heading=HEADING, use=(), sections=()),
}

CONTENTS = {"plain": PLAIN, "hard": HARD, "empty": EMPTY}
