"""What the ids of one escalation are worth elsewhere, and whose a list is. For whom each address opens: test_matrix.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.town import text_of
from tests.security.conftest import ANOTHER, City

WHO = {
    "nobody": None,
    "raiser": "practitioner@school",
    "responding": "first.line.manager@socialcare",
    "colleague": "colleague@school",
    "uninvolved agency": "practitioner@police",
    "leaver": "colleague@socialcare",
    "uninvolved agency's lead": "safeguarding.lead@police",
    "another agency's lead": "safeguarding.lead@health",
    "business unit": "unit@board",
    "chair": "chair@board",
    "other Board's practitioner": "practitioner@school",
    "other Board's business unit": "unit@board",
}
EVERYBODY = frozenset(WHO)
SIGNED_IN = EVERYBODY - {"nobody", "leaver"}
PARTIES = frozenset({"raiser", "responding"})
OFFICE = frozenset({"business unit", "chair"})
EVERY_OFFICE = OFFICE | {"other Board's business unit"}


def _visitor(city: City, who: str) -> Any:
    mailbox = WHO[who]
    if mailbox is None:
        return city.visitor(None)
    return city.visitor(city.person(mailbox, ANOTHER) if who.startswith("other Board") else city.person(mailbox))


# --- what the ids of one place are worth in another ---


def test_no_document_opens_by_another_way_than_its_own(known: City) -> None:
    identified = [known.document(kind) for kind in ("written_account", "stage_record")]
    for who in ("business unit", "chair", "other Board's business unit"):
        for document in identified:
            for path in (f"/documents/{document}", f"/documents/{document}/pdf", f"/register/documents/{document}/pdf"):
                assert _visitor(known, who).get(path).status_code == 404, (who, path)
    assert (
        _visitor(known, "raiser").get(f"/register/documents/{known.document('board_proforma')}/pdf").status_code == 404
    )


def test_a_party_downloads_what_is_owed_to_them_and_the_office_what_names_nobody(known: City) -> None:
    for who in PARTIES:
        assert _visitor(known, who).get(f"/documents/{known.document('stage_record')}/pdf").data[:4] == b"%PDF"
    proforma = f"/register/documents/{known.document('board_proforma')}/docx"
    assert _visitor(known, "business unit").get(proforma).data[:2] == b"PK"


@pytest.mark.requirement("S-23", "U-52")
def test_the_copy_for_an_agencys_file_opens_for_its_people_who_take_part_and_for_nobody_else(known: City) -> None:
    where = _visitor(known, "raiser").post(f"{known.path}/file-copy", {}).location
    known.town.deliver()

    found = {who: _visitor(known, who).get(f"{where}/pdf") for who in WHO}

    opened = {who for who, answer in found.items() if answer.status_code == 200}
    assert opened == {"raiser"}
    assert found["raiser"].data[:4] == b"%PDF"
    name = where.rpartition("/")[2]
    for who in EVERYBODY - {"raiser"}:
        for path in (
            where,
            f"{where}/docx",
            f"/register/documents/{name}/pdf",
            known.path,
            f"/register/{known.escalation}",
        ):
            assert name not in _visitor(known, who).get(path).text.replace(path, ""), (who, path)
    assert not [each for each in known.town.smtp.received if name in text_of(each)], "and nobody is told of it"


def test_a_list_shows_only_ones_own(known: City) -> None:
    for who in SIGNED_IN:
        shown = _visitor(known, who).get("/escalations").text
        assert (known.path in shown) == (who in PARTIES), who
    for who in EVERY_OFFICE:
        shown = _visitor(known, who).get("/register").text
        assert (f"/register/{known.escalation}" in shown) == (who in OFFICE), who
