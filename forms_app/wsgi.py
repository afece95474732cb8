"""The web service as a server finds it: `forms_app.wsgi:app`."""

from __future__ import annotations

import sys

from forms_app.app import create_app
from forms_app.db.faults import DatabaseFault
from forms_app.documents.faults import DocumentFault
from forms_app.logs import configure_logs
from forms_app.policies.reader import PolicyFaults
from forms_app.services.poke import Pokes
from forms_app.settings import SettingsFault, read_settings

CANNOT_START = 3
"""The status at which gunicorn stops; at any other it starts the process again, for ever."""

configure_logs()
try:
    settings = read_settings()
    app = create_app(settings, poke=Pokes(settings.huey_url))
except (SettingsFault, PolicyFaults, DocumentFault, DatabaseFault) as fault:
    sys.stderr.write(f"{fault}\n")
    sys.exit(CANNOT_START)
