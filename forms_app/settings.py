"""The only reader of the environment. A missing or wrong setting is named in a sentence, with what to do."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

ROOT = Path(__file__).parents[1]
SIGNING_KEY_BYTES = 32
SEALING_KEY_BYTES = 32
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NO_MAILBOX = "write imaps://user@host/INBOX or maildir:///path"


class SettingsFault(Exception):
    """The environment does not say what the service needs."""


def _is_a_signing_key(key: SecretStr) -> SecretStr:
    if not _has_bytes(key.get_secret_value(), SIGNING_KEY_BYTES):
        raise PydanticCustomError("signing_key", "write 32 random bytes in base64: openssl rand -base64 32")
    return key


def _are_sealing_keys(keys: SecretStr) -> SecretStr:
    pairs = [each.strip().partition(":") for each in keys.get_secret_value().split(",")]
    names = [name for name, _, _ in pairs]
    if (
        not all(names)
        or len(set(names)) != len(names)
        or not all(_has_bytes(key, SEALING_KEY_BYTES) for _, _, key in pairs)
    ):
        raise PydanticCustomError(
            "sealing_keys",
            "write name:key, as `forms-app keys new` prints it; several with commas between, the current one first",
        )
    return keys


def _has_bytes(key: str, length: int) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == length
    except ValueError:
        return False


def _is_a_mailbox(url: str) -> str:
    fault = _fault_of_mailbox(url)
    if fault:
        raise PydanticCustomError("mailbox", "{fault}", {"fault": fault})
    return url


def _fault_of_mailbox(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        return NO_MAILBOX
    if parts.scheme == "maildir":
        return None if not parts.netloc and len(parts.path) > 1 else NO_MAILBOX
    if parts.scheme not in {"imap", "imaps"} or not parts.username or not host:
        return NO_MAILBOX
    if parts.password is not None:
        return "write the password into BOUNCE_PASSWORD, and not into the address"
    if parts.scheme == "imap" and host not in LOOPBACK:
        return "a password is never sent in the clear: write imaps:// (imap:// is for this machine alone)"
    return None


class Settings(BaseSettings):
    """Every setting is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    secret_key: Annotated[SecretStr, Field(min_length=32)]
    """Signs cookies. The same on every web process; at least 32 characters."""
    sealing_keys: Annotated[SecretStr, AfterValidator(_are_sealing_keys)]
    """What opens the keys of everything that is sealed in the database: name:base64 of 32 bytes, with commas between.

    The current one comes first.
    """
    service_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")]
    """Where people reach the service, for the links in emails: https://escalations.example.org"""
    database_url: str = f"sqlite:///{ROOT / 'var' / 'forms-app.db'}"
    owner_database_url: str | None = None
    """The same database for `forms-app migrate`, with the role that owns its tables: PostgreSQL only."""
    policy_folders: tuple[Path, ...] = ()
    """More folders with policy files, beside the five that come with the service."""
    mail_server: str = "localhost"
    mail_port: int = 25
    mail_username: str | None = None
    mail_password: SecretStr | None = None
    mail_security: Literal["tls", "starttls", "none"] = "starttls"
    """How the mail server is reached. The certificate is always verified."""
    mail_timeout_seconds: float = 20
    mail_sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    """The address that every message comes from."""
    bounce_mailbox: Annotated[str, AfterValidator(_is_a_mailbox)] | None = None
    """Where messages that come back are read: imaps://user@host/INBOX or maildir:///path. None where nobody looks."""
    bounce_password: SecretStr | None = None
    reminders_hour: Annotated[int, Field(ge=0, le=23)] = 8
    """The hour of the UK day at which people are reminded of what is due."""
    mail_certificates: FilePath | None = None
    """A file of certificates to trust for the mail server and the mailbox, in place of the system's."""
    huey_url: str = f"sqlite:///{ROOT / 'var' / 'huey.db'}"
    """Where the task engine keeps its pokes: sqlite:///…, postgresql://… or redis://…"""
    signing_key: Annotated[SecretStr, AfterValidator(_is_a_signing_key)] | None = None
    """Signs the list of what is in a download of a whole escalation: 32 random bytes in base64."""
    pdf_signing_key: FilePath | None = None
    """A PKCS#12 file with the key and the certificate that seal every PDF that names people."""
    pdf_signing_passphrase: SecretStr | None = None
    encrypt_attachments: bool = False
    """Whether PDFs travel locked, with a password that is shown to whoever signs in."""
    audit_heads: Path | None = None
    """The file in which the heads of the trail are published every hour: on another disk than the database, and copied away."""
    backup_recipients: str = ""
    """The public keys of age to which backups are encrypted, with spaces between them."""
    proxies: Annotated[int, Field(ge=0)] | None = None
    """How many servers stand between a browser and this service. Each tells in X-Forwarded-For who asked it."""
    neutral_page: Annotated[str, Field(pattern=r"^https://[^/]+(/.*)?$")] = "https://www.bbc.co.uk/weather"
    """Where “Hide this page now” leads."""
    single_sign_on_secrets: dict[str, SecretStr] = {}
    """What proves to an agency's own provider that it is this service: the secret of each issuer."""
    webhook_private_receivers: frozenset[str] = frozenset()
    """Receivers of webhooks, as host:port, that need not be machines of the internet. Only for networks of one's own, and tests."""
    outbox_lease_seconds: Annotated[float, Field(gt=0)] = 180
    """How long one piece of work may take, before another worker takes it up; longer than a slow mail server takes to answer."""


def settings_from(values: Mapping[str, str]) -> Settings:
    """Settings from these values instead of the environment."""
    return Settings.model_validate({name.lower(): value for name, value in values.items()}, strict=False)


def child_environment(**values: str) -> dict[str, str]:
    """This process's environment with these settings, for a process that it starts."""
    return {**os.environ, **values}


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsFault with a sentence for every setting that is missing or wrong."""
    try:
        return Settings()
    except ValidationError as fault:
        lines = [
            f"{str(error['loc'][0] if error['loc'] else 'settings').upper()}: {_said(error)}"
            for error in fault.errors()
        ]
    except SettingsError:
        lines = [
            'POLICY_FOLDERS: write a JSON list of folders, such as ["/etc/forms-app/policies"]',
            'WEBHOOK_PRIVATE_RECEIVERS: write a JSON list of host:port, such as ["cases.internal.example.org:443"]',
            'SINGLE_SIGN_ON_SECRETS: write a JSON object, such as {"https://login.example.org": "the secret"}',
        ]
    raise SettingsFault("Set these environment variables and start again:\n  " + "\n  ".join(lines))


def _said(error: ErrorDetails) -> str:
    return "this is not set: see docs/running.md" if error["type"] == "missing" else str(error["msg"])
