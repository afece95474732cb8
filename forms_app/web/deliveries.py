"""What people do about deliveries: of an escalation in which they take part, or for the Board's business unit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.forms.deliveries import chosen_before, told_form, withdraw_form
from forms_app.forms.fields import number_brought_back
from forms_app.services import deliveries, removing, withdrawing
from forms_app.services.deliveries import DeliveryView, fault_of_moment
from forms_app.services.withdrawing import WithdrawingView
from forms_app.web.access import open_to
from forms_app.web.filling_in import nested_in
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
ONE = "/escalations/<uuid:escalation_id>/deliveries/<uuid:delivery_id>"
REFUSED = (ChangedMeanwhile, NotAllowedNow)

blueprint = Blueprint("deliveries", __name__)


@blueprint.get("/register/deliveries")
@open_to(May.SEE_FAILING_DELIVERIES)
def at_board() -> str:
    """Everything that the business unit must see to."""
    with workshop().reading() as work:
        view = deliveries.needs_a_person_at(work, by=signed_in_person().id)
        withdrawals = withdrawing.withdrawals_at_board(work, by=signed_in_person().id)
    return render_template(
        "deliveries/at_board.html", view=view, withdrawn=withdrawals, heading="Deliveries that need a person"
    )


@blueprint.route(f"{ONE}/again", methods=["GET", "POST"])
@open_to(May.SEND_AGAIN)
def again(escalation_id: UUID, delivery_id: UUID) -> Answer:
    if request.method == "GET":
        return _again_page(_view(escalation_id, delivery_id))
    return _done(
        partial(deliveries.send_again, escalation_id=escalation_id, delivery_id=delivery_id),
        shown_again=lambda refused: _again_page(
            _view(escalation_id, delivery_id), refused=str(refused), status=CONFLICT
        ),
        back=escalation_id,
    )


@blueprint.route(f"{ONE}/told", methods=["GET", "POST"])
@open_to(May.SEND_AGAIN)
def told(escalation_id: UUID, delivery_id: UUID) -> Answer:
    """Somebody says that they told the recipient by telephone."""
    with workshop().reading() as work:
        now = work.now
        view = deliveries.delivery_view(
            work, by=signed_in_person().id, escalation_id=escalation_id, delivery_id=delivery_id
        )
    form_of = told_form(
        owed_at=view.owed_at, now=now, fault=lambda at: fault_of_moment(at, owed_at=view.owed_at, now=now)
    )
    if request.method == "GET":
        return _told_page(view, form_of())
    form = form_of(request.form)
    if not form.validate():
        return _told_page(view, form, status=SHOWN_AGAIN)
    return _done(
        partial(deliveries.told, escalation_id=escalation_id, delivery_id=delivery_id, at=form.moment),
        shown_again=lambda refused: _told_page(
            _view(escalation_id, delivery_id), form, refused=str(refused), status=CONFLICT
        ),
        back=escalation_id,
    )


@blueprint.route("/escalations/<uuid:escalation_id>/documents/<uuid:document_id>/withdraw", methods=["GET", "POST"])
@open_to(May.WITHDRAW_DOCUMENT)
def withdraw(escalation_id: UUID, document_id: UUID) -> Answer:
    """A document that should not have gone to somebody."""
    if request.method == "POST" and _was_withdrawn(escalation_id, document_id):
        return redirect(_back(escalation_id, "withdrawn"), 303)
    view = _withdrawing(escalation_id, document_id)
    form_of = withdraw_form([(each.id, f"{each.to}, {each.agency}") for each in view.recipients])
    if request.method == "GET":
        return _withdraw_page(view, form_of())
    form = form_of(request.form)
    if not form.validate():
        return _withdraw_page(view, form, status=SHOWN_AGAIN)
    return _done(
        partial(
            withdrawing.withdraw,
            escalation_id=escalation_id,
            document_id=document_id,
            deliveries=form.deliveries,
            reason=form.reason,
        ),
        shown_again=lambda refused: _withdraw_page(
            _withdrawing(escalation_id, document_id), form, refused=str(refused), status=CONFLICT
        ),
        back=escalation_id,
        anchor="withdrawn",
    )


@blueprint.route("/escalations/<uuid:escalation_id>/people/<uuid:person_id>/remove", methods=["GET", "POST"])
@open_to(May.REMOVE_PARTY)
def remove(escalation_id: UUID, person_id: UUID) -> Answer:
    """Somebody who was named by mistake."""
    by, refused = signed_in_person().id, ""
    if request.method == "POST":
        try:
            with workshop().writing() as work:
                removing.remove_party(work, by=by, escalation_id=escalation_id, person_id=person_id)
        except NotAllowedNow as sentence:
            refused = str(sentence)
        else:
            poke()
            is_oneself = by == person_id
            return redirect(url_for("escalations.yours") if is_oneself else _back(escalation_id, "parties"), 303)
    with workshop().reading() as work:
        view = removing.removal_view(work, by=by, escalation_id=escalation_id, person_id=person_id)
    back = _back(escalation_id, "parties")
    page = render_template(
        "deliveries/remove.html", view=view, refused=refused, back=back, heading="Somebody named by mistake"
    )
    return page, CONFLICT if refused else 200


# --- parts -------------------------------------------------------------------------------------------------------


def _view(escalation_id: UUID, delivery_id: UUID) -> DeliveryView:
    with workshop().reading() as work:
        return deliveries.delivery_view(
            work, by=signed_in_person().id, escalation_id=escalation_id, delivery_id=delivery_id
        )


def _was_withdrawn(escalation_id: UUID, document_id: UUID) -> bool:
    """Whether this form was sent before: what it took away can be chosen no more."""
    with workshop().reading() as work:
        return withdrawing.was_withdrawn(
            work,
            by=signed_in_person().id,
            escalation_id=escalation_id,
            document_id=document_id,
            form_key=form_key(),
            chosen=chosen_before(request.form),
        )


def _withdrawing(escalation_id: UUID, document_id: UUID) -> WithdrawingView:
    with workshop().reading() as work:
        return withdrawing.withdrawing_view(
            work, by=signed_in_person().id, escalation_id=escalation_id, document_id=document_id
        )


def _done(
    act: Callable[..., None],
    *,
    shown_again: Callable[[ChangedMeanwhile | NotAllowedNow], Answer],
    back: UUID,
    anchor: str = "documents",
) -> Answer:
    """Does it under the key of the form, and goes back to where it can be seen."""
    try:
        with workshop().writing() as work:
            act(work, by=signed_in_person().id, form_key=form_key(), seen=_seen())
    except REFUSED as refused:
        return shown_again(refused)
    poke()
    return redirect(_back(back, anchor), 303)


def _back(escalation_id: UUID, anchor: str = "documents") -> str:
    """The escalation, for somebody who takes part in it; for the business unit its own page."""
    if g.party_to == escalation_id:
        return url_for("escalations.one", escalation_id=escalation_id, _anchor=anchor)
    return url_for("deliveries.at_board")


def _seen() -> int:
    """The number of what this person saw was done last; none that can be right where the form says none."""
    return number_brought_back(request.form.get("seen", ""))


def _hidden(seen: int) -> dict[str, Any]:
    """The key of the form, the same when it is shown again, and what its person has seen."""
    key = request.form.get("form_key") or uuid4()
    return {"form_key": key, "seen": seen}


def _again_page(view: DeliveryView, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    return _page("again", view, "Send it again", refused=refused, status=status)


def _told_page(view: DeliveryView, form: Form, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    return _page("told", view, "I told them by telephone", form=form, refused=refused, status=status)


def _withdraw_page(view: WithdrawingView, form: Any, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    return _page(
        "withdraw", view, "Withdraw a document", form=form, nested=nested_in(form), refused=refused, status=status
    )


def _page(
    template: str, view: DeliveryView | WithdrawingView, heading: str, *, status: int, **context: Any
) -> tuple[str, int]:
    page = render_template(
        f"deliveries/{template}.html",
        view=view,
        heading=heading,
        hidden=_hidden(view.seen),
        back=_back(view.escalation_id),
        **context,
    )
    return page, status
