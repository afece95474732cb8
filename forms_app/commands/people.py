"""What those who run the service do for one person, when nobody at their Board can."""

from __future__ import annotations

import argparse

from forms_app.app import open_workshop
from forms_app.db.faults import faults_told
from forms_app.services.factors import reset_factors_of
from forms_app.settings import read_settings


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    people = commands.add_parser("people", help="let somebody in again who has lost what proves who they are")
    each = people.add_subparsers(required=True, metavar="ACTION")
    reset = each.add_parser(
        "reset-factors", help="take away an authenticator app, passkeys and recovery codes that somebody has lost"
    )
    reset.add_argument("address", help="their email address")
    reset.set_defaults(run=run_reset)


def run_reset(chosen: argparse.Namespace) -> None:
    settings = read_settings()
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        reset_factors_of(work, chosen.address)
    print("Done. They are signed out everywhere, and an email tells them so.")
    print("They sign in with the code in an email, and set up a second step anew if they must have one.")
