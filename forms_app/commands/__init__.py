"""The command line: everything that a person types."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from forms_app.commands import access, audit, backup, boards, demo, keys, people, policies, service, worker
from forms_app.documents.faults import DocumentFault
from forms_app.domain.errors import DomainError
from forms_app.policies.reader import PolicyFaults
from forms_app.policies.shelf import NoSuchPolicy
from forms_app.services.poke import QueueFault
from forms_app.settings import SettingsFault

SENTENCES = (DomainError, SettingsFault, PolicyFaults, NoSuchPolicy, QueueFault, DocumentFault)
"""What is told in its own words, without a traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code says whether it did what was asked."""
    parser = argparse.ArgumentParser(prog="forms-app", description="Escalations between agencies that protect children")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for part in (service, worker, demo, boards, policies, people, keys, backup, audit, access):
        part.add_to(commands)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except SENTENCES as fault:
        print(f"forms-app: {fault}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        sys.stderr.close()
    return 1


def script() -> None:
    sys.exit(main())
