"""Sets up Boards with their agencies and people, from TOML files."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from pydantic import ValidationError

from forms_app.app import open_workshop
from forms_app.services.boards import BoardFaults, GivenBoard, leave, set_up_board
from forms_app.settings import read_settings


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    boards = commands.add_parser("boards", help="set up Boards with their agencies and people")
    each = boards.add_subparsers(required=True, metavar="ACTION")
    load = each.add_parser("load", help="add or bring up to date what a file says: see docs/boards.md")
    load.add_argument("file", type=Path)
    load.set_defaults(run=run_load)
    gone = each.add_parser("leaver", help="a person has left: they can no longer sign in")
    gone.add_argument("email")
    gone.set_defaults(run=run_leaver)


def run_load(chosen: argparse.Namespace) -> None:
    given = read_board(chosen.file)
    workshop = open_workshop(read_settings())
    with workshop.writing() as work:
        people = set_up_board(work, given)
    print(f"{given.name}: {len(given.agencies)} agencies and {len(people)} people are set up, under {given.policy}.")


def run_leaver(chosen: argparse.Namespace) -> None:
    with open_workshop(read_settings()).writing() as work:
        leave(work, chosen.email)
    print("They can no longer sign in. Their name stays on what they did.")


def read_board(file: Path) -> GivenBoard:
    """The Board that a file describes. Raises BoardFaults with a sentence for every fault."""
    try:
        return GivenBoard.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as fault:
        raise BoardFaults([f"{file} cannot be read: {type(fault).__name__}."]) from None
    except tomllib.TOMLDecodeError as fault:
        raise BoardFaults([f"{file} is not TOML: {fault}"]) from None
    except ValidationError as fault:
        lines = [f"{file}: {' → '.join(str(part) for part in each['loc'])}: {each['msg']}" for each in fault.errors()]
        raise BoardFaults(lines) from None
