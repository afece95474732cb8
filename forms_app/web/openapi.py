"""The description of the API (OpenAPI 3.1), made from its operations and from the values of `domain.interface`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from forms_app.domain import interface as say
from forms_app.domain.systems import CHOSEN_FOR_AGENCY, Event, Scope

JSON, PROBLEM = "application/json", "application/problem+json"
FILE_TYPES = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
SINCE = "The `next` of an answer before. Without it the list begins with the first."
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "since": {"in": "query", "required": False, "description": SINCE, "schema": {"type": "string"}},
    "reference": {"in": "path", "required": True, "description": "Of an escalation.", "schema": {"type": "string"}},
    "document_id": {"in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    "file_format": {"in": "path", "required": True, "schema": {"type": "string", "enum": ["pdf", "docx"]}},
    "period": {
        "in": "path",
        "required": True,
        "description": "A year, such as `2027`, or a quarter, such as `2027-q3`.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "in": "header",
        "required": True,
        "description": "Your own, a new one for each filing; the same when you ask again because no answer came.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
REFUSALS: Mapping[int, str] = {
    400: "What was sent is not as it is described here.",
    401: "There is no token, or none that is good now, or not from this network.",
    403: "The token has not the scope for this.",
    404: "There is nothing here that is yours. It says the same of what never was.",
    409: "The key was used for something else.",
    429: "Too much was asked. `Retry-After` says in how many seconds there is more.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does."""

    name: str
    """Also the name of its view."""
    method: str
    path: str
    scope: Scope
    summary: str
    answers: type[say.Value] | None
    """None where it answers with a file."""
    status: int = 200
    takes: type[say.Value] | None = None
    parameters: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "escalations",
        "get",
        "/escalations",
        Scope.ESCALATIONS,
        "The escalations in which somebody takes part for your agency, by when they changed last",
        say.Escalations,
        parameters=("since",),
        problems=(400,),
    ),
    Operation(
        "escalation",
        "get",
        "/escalations/{reference}",
        Scope.ESCALATIONS,
        "Where one of them stands, and where it has been",
        say.OneEscalation,
        parameters=("reference",),
        problems=(404,),
    ),
    Operation(
        "documents",
        "get",
        "/documents",
        Scope.DOCUMENTS,
        "The documents that your agency has, by since when it has them",
        say.Documents,
        parameters=("since",),
        problems=(400,),
    ),
    Operation(
        "document",
        "get",
        "/documents/{document_id}",
        Scope.DOCUMENTS,
        "One of them",
        say.Document,
        parameters=("document_id",),
        problems=(404,),
    ),
    Operation(
        "file",
        "get",
        "/documents/{document_id}/files/{file_format}",
        Scope.DOCUMENTS,
        "Its bytes as they were issued. The trail notes that they were taken",
        None,
        parameters=("document_id", "file_format"),
        problems=(404,),
    ),
    Operation(
        "filing",
        "post",
        "/documents/{document_id}/filings",
        Scope.FILING,
        "Say that your system filed it. Everybody who sees the document’s deliveries reads so",
        say.Filing,
        status=201,
        takes=say.FilingAsked,
        parameters=("document_id", "Idempotency-Key"),
        problems=(400, 404, 409),
    ),
    Operation(
        "register",
        "get",
        "/register",
        Scope.REGISTER,
        "The Board’s register, by when each escalation changed last",
        say.Register,
        parameters=("since",),
        problems=(400,),
    ),
    Operation(
        "numbers",
        "get",
        "/numbers/{period}",
        Scope.NUMBERS,
        "The Board’s numbers of a year or a quarter, as far as they may be told",
        say.Numbers,
        parameters=("period",),
        problems=(404,),
    ),
)
ALWAYS_REFUSED = (401, 403, 429)


def description(root: str) -> dict[str, Any]:
    """The whole, for an API at this address."""
    values = {each for operation in OPERATIONS for each in (operation.answers, operation.takes) if each}
    models: list[type[say.Value]] = [say.Problem, say.Told, *sorted(values, key=lambda each: each.__name__)]
    _, schemas = models_json_schema(
        [(each, "serialization") for each in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Escalations between agencies that protect children",
            "version": "1",
            "description": (
                "For another computer system of an agency, or of the Board. Every question carries a token: "
                "`Authorization: Bearer esc_…`. It gets what its agency has at that moment, and the trail notes each answer."
            ),
        },
        "servers": [{"url": root}],
        "security": [{"token": []}],
        "paths": _paths(),
        "webhooks": {event.value: {"post": _webhook(event)} for event in (*CHOSEN_FOR_AGENCY, Event.TEST)},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas["$defs"],
        },
    }


def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operation in OPERATIONS:
        found.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return found


def _operation(operation: Operation) -> dict[str, Any]:
    refused = sorted({*operation.problems, *ALWAYS_REFUSED})
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the scope `{operation.scope}`.",
        "parameters": [{"name": name, **PARAMETERS[name]} for name in operation.parameters],
        "responses": {
            str(operation.status): {"description": "As asked.", "content": _content(operation)},
            **{str(status): _refusal(status) for status in refused},
        },
    }
    if operation.takes is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": _named(operation.takes)}}}
    return found


def _content(operation: Operation) -> dict[str, Any]:
    if operation.answers is None:
        return {each: {"schema": {"type": "string", "contentEncoding": "binary"}} for each in FILE_TYPES}
    return {JSON: {"schema": _named(operation.answers)}}


def _refusal(status: int) -> dict[str, Any]:
    return {"description": REFUSALS[status], "content": {PROBLEM: {"schema": _named(say.Problem)}}}


def _webhook(event: Event) -> dict[str, Any]:
    headers: Iterable[str] = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "summary": EVENTS[event],
        "description": "Signed as https://www.standardwebhooks.com says.",
        "parameters": [
            {"name": each, "in": "header", "required": True, "schema": {"type": "string"}} for each in headers
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": _named(say.Told)}}},
        "responses": {
            "2XX": {"description": "It arrived. Anything else, and no answer within ten seconds, is tried again."}
        },
    }


EVENTS: Mapping[Event, str] = {
    Event.DOCUMENT_ISSUED: "Your agency has a new document",
    Event.STAGE_ENTERED: "An escalation entered a stage",
    Event.TEST: "Somebody asked for a test",
}


def _named(model: type[say.Value]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
