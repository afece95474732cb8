"""The kinds of document, their names, and what it costs to know them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from forms_app.documents.catalogue import KINDS, file_name, kind_of
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from tests.architecture.tree import PROJECT
from tests.documents.examples import PLAIN

LOADED = (
    "import sys; import {module}; "
    "print(*sorted({{'weasyprint', 'docxtpl', 'docx', 'pikepdf', 'page', 'pypdf', 'lxml'}} & set(sys.modules)))"
)


def loaded(module: str) -> list[str]:
    command = [sys.executable, "-c", LOADED.format(module=module)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT).stdout.split()


@pytest.mark.parametrize("module", ["contexts", "catalogue", "printable", "wording", "faults"])
def test_a_web_process_does_not_pay_for_the_renderers(module: str) -> None:
    assert loaded(f"forms_app.documents.{module}") == []


def test_only_issuing_loads_the_renderers() -> None:
    assert {"weasyprint", "docxtpl", "page"} <= set(loaded("forms_app.documents.issue"))


def test_there_are_twelve_kinds_of_an_escalation_those_of_the_board_and_two_blank_ones_and_those_for_the_board_name_nobody() -> (
    None
):
    assert {code for code, kind in KINDS.items() if not kind.identified} == {
        "notice_to_board",
        "board_proforma",
        "sub_group_report",
        "policy_gap_notice",
        "annual_report",
        "quarterly_report",
        "learning_report",
        "blank_proforma",
    }
    assert {code for code, kind in KINDS.items() if kind.is_blank} == {"blank_form", "blank_proforma"}
    assert list(KINDS) == [
        "written_account",
        "stage_record",
        "written_confirmation",
        "acknowledgement_sheet",
        "meeting_invitation",
        "meeting_minutes",
        "referral",
        "file_copy",
        "notice_to_board",
        "board_proforma",
        "sub_group_report",
        "policy_gap_notice",
        "annual_report",
        "quarterly_report",
        "learning_report",
        "blank_form",
        "blank_proforma",
    ]


def test_a_file_is_named_by_ids() -> None:
    name = file_name(KINDS["written_confirmation"], "BRK-2026-0001", "pdf")

    assert name == "escalation-BRK-2026-0001-written-confirmation.pdf"
    assert file_name(KINDS["annual_report"], "OAK-2027-ANNUAL", "pdf") == "report-OAK-2027-ANNUAL.pdf"
    assert file_name(KINDS["blank_proforma"], "OAK-HULL-2015", "docx") == "blank-form-OAK-HULL-2015.docx"


@pytest.mark.parametrize(
    "reference", ["", "Ottilie Marchbank", "BRK/2026", "BRK-2026-0001\r\nX: y", "../x", "BRK--1", "brk-1"]
)
def test_a_reference_that_could_hold_a_name_or_a_path_names_no_file(reference: str) -> None:
    with pytest.raises(DocumentFault):
        file_name(KINDS["board_proforma"], reference, "docx")


def test_an_unknown_kind_is_a_fault_that_lists_the_kinds() -> None:
    with pytest.raises(DocumentFault, match="written_account, stage_record"):
        issue("letter", PLAIN["stage_record"])
    with pytest.raises(DocumentFault):
        kind_of("")


def test_a_context_of_another_kind_is_a_fault() -> None:
    with pytest.raises(DocumentFault, match="made from a BoardProforma, not from a StageRecord"):
        issue("board_proforma", PLAIN["stage_record"])
