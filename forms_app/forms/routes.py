"""The kind of disagreement: which route it takes, and for whom a route is."""

from __future__ import annotations

from typing import Any

from forms_app.domain.acts import fault_of_kinds, fault_of_status
from forms_app.domain.policy import Choice, Policy, Route
from forms_app.forms.asking import Asking, Given, Page, PageForm, choices_of, page_of
from forms_app.forms.fields import Pick

NO_STATUS = "none-of-these"


def route_page(asking: Asking) -> Page:
    policy, fields = asking.policy, {}
    own = asking.directory.own.agency_id
    own_kind = next(agency.kind for agency in asking.directory.agencies if agency.id == own)
    if len(policy.routes) > 1:
        fields["f-route"] = Pick(
            "What is the disagreement about?",
            choices=[(route.id, route.title) for route in policy.routes],
            hints={route.id: route.description for route in policy.routes},
        )
    if statuses := statuses_of(policy):
        choices = [*choices_of(statuses), (NO_STATUS, "None of these")]
        fields["f-status"] = Pick(f"Which of these is true of the {policy.words.child}?", choices=choices)

    class FittingRoute(PageForm):
        def validate(self, extra_validators: Any = None) -> bool:
            valid = super().validate(extra_validators)
            route = _route(policy, self["f-route"].data if "f-route" in self else None)
            if not valid or route is None:
                return valid
            status = self["f-status"].data if "f-status" in self else None
            fault = fault_of_status(status, policy, route) or fault_of_kinds([own_kind], policy, route)
            if fault is not None:
                self["f-route" if "f-route" in self else "f-status"].errors = [fault]
            return fault is None

    return page_of("route", "Kind of disagreement", fields, base=FittingRoute)


def chosen_route(asking: Asking, given: Given) -> Route | None:
    """The route that was chosen; the only one where the policy has only one."""
    return _route(asking.policy, given["route"].get("f-route") if "route" in given else None)


def statuses_of(policy: Policy) -> list[Choice]:
    """What may be true of the child, of all routes that are only for some."""
    return list({choice.id: choice for route in policy.routes for choice in route.subject_status}.values())


def _route(policy: Policy, chosen: str | None) -> Route | None:
    if len(policy.routes) == 1:
        return policy.main
    return next((route for route in policy.routes if route.id == chosen), None)
