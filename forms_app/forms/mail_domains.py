"""The questions about a mail domain, and about one's own emails."""

from __future__ import annotations

from wtforms import Form

from forms_app.domain.languages import Language
from forms_app.domain.mail_rules import Rule
from forms_app.forms.fields import Pick

RULES = {
    Rule.ATTACH: "Attach the documents",
    Rule.LINK: "Send a link to the documents",
    Rule.NEVER: "Send no email",
}
HINTS = {
    Rule.ATTACH: "Only where you know that the mail system is secure",
    Rule.LINK: "They open the documents in this service, with a code that is sent to them",
    Rule.NEVER: "Nobody there can sign in. You tell them everything by telephone",
}


def rule_form(*, is_webmail: bool) -> type[Form]:
    """The form for a domain. To public webmail no document can be attached."""
    offered = [(rule.value, words) for rule, words in RULES.items() if not (is_webmail and rule is Rule.ATTACH)]
    hints = {rule.value: hint for rule, hint in HINTS.items()}
    rule = Pick("What may be sent to these addresses?", choices=offered, hints=hints)
    return type("RuleForm", (Form,), {"rule": rule})


class LanguageForm(Form):
    language = Pick(
        "Which language do you want your emails in?",
        choices=[(Language.ENGLISH.value, "English"), (Language.WELSH.value, "Welsh")],
    )
