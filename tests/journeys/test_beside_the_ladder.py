"""What is recorded beside the ladder, with a real mail server: what is typed reaches those who take part, and nobody else."""

from __future__ import annotations

import io

import pytest

from tests.journeys.form_filler import LOOKED_FOR
from tests.journeys.test_each_policy import Walk, check_message, logged
from tests.journeys.town import town
from tests.smtp import SmtpServer

__all__ = ["logged"]

SENT = ("information-request", "danger", "time")
KEPT = ("contact", "filing", "alongside", "proforma")


@pytest.mark.requirement("U-18", "U-21", "U-50", "H-16")
def test_nothing_that_is_typed_beside_the_ladder_leaves_in_the_open(
    sqlite_url: str, smtp_server: SmtpServer, logged: io.StringIO
) -> None:
    with town(sqlite_url, smtp_server) as here:
        walk = Walk(here, "hull@2015", "ladder")
        for form in SENT:
            walk.do(walk.raiser, form)
        told = len(smtp_server.received)
        for form in KEPT:
            here.fill(walk.raiser, f"{walk.path}/{form}")
            here.deliver()
        kinds = {message.kind for message in smtp_server.received[told:]}
        assert kinds == {"release_waits"}, "the proforma waits for a second person, who is told so"
        here.release(walk.path)

        new = [message for message in smtp_server.received[told:] if message.kind == "delivery"]
        assert [message.rcpt_tos for message in new] == [(walk.raiser,)], "the proforma, and nothing else"
        check_message(new[0], walk.board.given.secure_domains)
        other = walk.able("information-given")[0]
        here.fill(other, f"{walk.path}/information-given")
        walk.check_post()
        page = here.visitor(other).get(walk.path).text
        assert page.count(LOOKED_FOR[0]) > len(SENT + KEPT), "both sides read on the page what was typed"
    assert not [name for name in LOOKED_FOR if name in logged.getvalue()]
