"""Puts the head of the trail where whoever can change the database cannot reach: into a file, and into people's mailboxes."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

from forms_app.db import outbox, trail
from forms_app.db.outbox import Claim
from forms_app.db.people import people_to_tell_the_head
from forms_app.db.verify_trail import Head, heads_of, moment
from forms_app.mail.compose import Kind
from forms_app.services.notifying import notify
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

BETWEEN_LINES = timedelta(hours=1)
BETWEEN_EMAILS = timedelta(days=7)


class HeadsDisagree(Exception):
    """What was published last is not in the trail: it was changed, or the database is an older copy."""


def publish_head(workshop: Workshop, claim: Claim, file: Path | None) -> None:
    """Adds the head to the file, if it has moved. Raises HeadsDisagree, and adds nothing, where the trail is not that of the file."""
    if file is not None:
        with workshop.reading() as work:
            line = _line(work, _last(file))
        if line:
            _append(file, line)
    with workshop.writing() as work:
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + BETWEEN_LINES)


def mail_head(workshop: Workshop, claim: Claim) -> None:
    """Owes the head to each agency's safeguarding leads and to the business unit of a Board. What it is, is read when it is sent."""
    with workshop.writing() as work:
        for person in people_to_tell_the_head(work.session, claim.about_id):
            notify(work, Kind.TRAIL_HEAD, person, key=work.now.date().isoformat())
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + BETWEEN_EMAILS)


def _line(work: Work, last: Head | None) -> str:
    """Empty where nothing was written since."""
    count, found = trail.head(work.session)
    if last is not None and trail.hash_at(work.session, last.count) != last.hash:
        raise HeadsDisagree
    if last is not None and last.count == count:
        return ""
    return json.dumps({"count": count, "hash": found, "at": moment(work.now)})


def _last(file: Path) -> Head | None:
    found = heads_of(file) if file.exists() else []
    return found[-1] if found else None


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as heads:
        heads.write(f"{line}\n")
        heads.flush()
        os.fsync(heads.fileno())
