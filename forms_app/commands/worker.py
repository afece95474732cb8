"""forms-app worker: makes documents and posts messages until it is told to stop."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from forms_app.app import open_database, open_shelf
from forms_app.commands.rehearse import rehearsal_of
from forms_app.db.faults import faults_told
from forms_app.db.keys import WrappingKeys
from forms_app.db.migrate import require_newest
from forms_app.logs import configure_logs
from forms_app.mail.compose import Letterhead
from forms_app.mail.connection import MailServer
from forms_app.mail.mailbox import Mailbox
from forms_app.services.calling import Caller
from forms_app.settings import Settings, SettingsFault, read_settings
from forms_app.worker import Job, run

if TYPE_CHECKING:
    from forms_app.documents.seals import Seal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("worker", help="make documents and post messages until told to stop")
    run.add_argument("--workers", type=int, default=2, help="how many processes work at once")
    run.set_defaults(run=work)


def work(chosen: argparse.Namespace) -> None:
    """Runs worker processes until SIGTERM. Raises SettingsFault, PolicyFaults, DatabaseFault and QueueFault."""
    configure_logs()
    for talker in ("huey", "fontTools", "imapclient"):
        logging.getLogger(talker).setLevel(logging.WARNING)
    settings = read_settings()
    with faults_told(settings.database_url):
        require_newest(settings.database_url)
        open_database(settings).close()
    run(
        Job(
            database_url=settings.database_url,
            wrapping=WrappingKeys(settings.sealing_keys.get_secret_value()),
            shelf=open_shelf(settings),
            huey_url=settings.huey_url,
            mail_server=mail_server(settings),
            letterhead=Letterhead(settings.mail_sender, settings.service_url),
            lease=timedelta(seconds=settings.outbox_lease_seconds),
            workers=chosen.workers,
            mailbox=mailbox(settings),
            caller=Caller(settings.webhook_private_receivers),
            reminders_hour=settings.reminders_hour,
            heads=settings.audit_heads,
            rehearse=rehearsal_of,
            seal=seal(settings),
            attachments_secret=settings.secret_key.get_secret_value().encode()
            if settings.encrypt_attachments
            else None,
        )
    )


def mailbox(settings: Settings) -> Mailbox | None:
    """Where messages that come back are read; None where nobody looks. Raises SettingsFault without its password."""
    if settings.bounce_mailbox is None:
        return None
    given = settings.bounce_password
    if given is None and not settings.bounce_mailbox.startswith("maildir:"):
        raise SettingsFault("BOUNCE_PASSWORD: set the password of the mailbox at BOUNCE_MAILBOX.")
    return Mailbox(
        settings.bounce_mailbox,
        given.get_secret_value() if given else None,
        timeout_seconds=settings.mail_timeout_seconds,
        trusted_certificates=settings.mail_certificates,
    )


def seal(settings: Settings) -> Seal | None:
    """What seals PDFs. Raises SettingsFault for a file that cannot be used, or not today."""
    if settings.pdf_signing_key is None:
        return None
    from forms_app.documents.seals import Seal, SealFault

    given = settings.pdf_signing_passphrase
    try:
        return Seal.from_file(
            settings.pdf_signing_key, given.get_secret_value() if given else None, at=datetime.now(UTC)
        )
    except SealFault as fault:
        raise SettingsFault(f"PDF_SIGNING_KEY: {fault}.") from None


def mail_server(settings: Settings) -> MailServer:
    """Raises SettingsFault where a password would travel in the clear."""
    if settings.mail_username and settings.mail_security == "none":
        raise SettingsFault(
            "MAIL_SECURITY: a password is never sent in the clear. Set tls or starttls, or no MAIL_USERNAME."
        )
    return MailServer(
        host=settings.mail_server,
        port=settings.mail_port,
        security=settings.mail_security,
        username=settings.mail_username,
        password=settings.mail_password.get_secret_value() if settings.mail_password else None,
        timeout_seconds=settings.mail_timeout_seconds,
        total_seconds=settings.outbox_lease_seconds / 2,
        trusted_certificates=settings.mail_certificates,
    )
