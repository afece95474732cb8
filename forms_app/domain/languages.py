"""The languages of the emails that people are sent."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    ENGLISH = "en"
    WELSH = "cy"
