"""Invented contexts of every kind: plain, hard to print, and empty."""

from __future__ import annotations

from forms_app.documents.contexts import (
    Action,
    Answer,
    BlankForm,
    BlankQuestion,
    BlankSection,
    BlankTable,
    BoardProforma,
    Context,
    Fact,
    Heading,
    NoticeToBoard,
    Party,
    Room,
    Section,
    StageLine,
    StageRecord,
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
    "notice_to_board": NoticeToBoard(
        heading=HEADING, reason="The escalation has reached stage 4, which the Board hears.", facts=FACTS
    ),
    "board_proforma": BoardProforma(
        heading=HEADING,
        facts=FACTS,
        stages=STAGES,
        time_limits=LIMITS,
        learning=(
            "Step-down decisions are shared in writing before they take effect.",
            "Health visitors are asked before a plan ends.",
        ),
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
    "notice_to_board": NoticeToBoard(heading=HARD_HEADING, reason=NASTY[5], facts=HARD_FACTS),
    "board_proforma": BoardProforma(
        heading=HARD_HEADING,
        facts=HARD_FACTS,
        stages=tuple(StageLine(stage=text, entered="<", left="&", how=text) for text in NASTY),
        time_limits=HARD_LIMITS,
        learning=(*NASTY, LONG_WORD),
    ),
    "blank_form": HARD_BLANK,
    "blank_proforma": HARD_BLANK,
}

NOBODY = Party(name="", job_title="", agency="", side="")
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
    "notice_to_board": NoticeToBoard(heading=HEADING, reason="", facts=()),
    "board_proforma": BoardProforma(heading=HEADING, facts=(), stages=(), time_limits=(), learning=()),
    "blank_form": BlankForm(heading=HEADING, use=(), sections=()),
    "blank_proforma": BlankForm(heading=HEADING, use=(), sections=()),
}

CONTENTS = {"plain": PLAIN, "hard": HARD, "empty": EMPTY}
