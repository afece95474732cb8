"""The list of bank holidays ends before a time limit does: a sentence, nothing recorded, nothing typed lost."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html
from sqlalchemy import func, select

from forms_app.db.tables import Document, Draft, Escalation
from forms_app.domain.working_days import Calendar
from tests.journeys.form_filler import FormFiller
from tests.journeys.town import OPENED, town
from tests.smtp import SmtpServer

ENDS_TOO_SOON = Calendar(first=date(2012, 1, 1), last=date(2026, 12, 4), closed={})
REACHES = Calendar(first=date(2012, 1, 1), last=date(2027, 12, 31), closed={})


@pytest.mark.parametrize(("calendar", "recorded"), [(ENDS_TOO_SOON, 0), (REACHES, 1)])
def test_a_limit_beyond_the_calendar_is_refused(
    sqlite_url: str, smtp_server: SmtpServer, calendar: Calendar, recorded: int
) -> None:
    with town(sqlite_url, smtp_server, calendars=lambda nation: calendar) as here:
        visitor = here.visitor(here.boards["berkshire@2017-04"].raiser.email)
        filler = FormFiller(visitor, OPENED.date())
        page = filler.go_through("/escalations/new")
        key = html.fromstring(visitor.page).xpath("//main//input[@name='form_key']/@value")[0]

        sent = visitor.post(page, {"form_key": key})

        assert sent.status_code == (303 if recorded else 503)
        assert (
            recorded or "The list of bank holidays ends on 4 December 2026" in html.fromstring(sent.text).text_content()
        )
        with here.workshop.reading() as work:
            for table in (Escalation, Document):
                assert work.session.scalar(select(func.count()).select_from(table)) == recorded
            assert work.session.scalar(select(func.count()).select_from(Draft)) == 1 - recorded
