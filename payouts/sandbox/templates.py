"""The messages a sandbox body may send, as Notify keeps them: a subject and a body with ((placeholders)).

None of them says what the money is for. A subject line shows on a locked phone, and the name of a fund can tell a
neighbour about someone's health; ``sender`` is therefore a neutral name that the body chose, not the scheme's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

PAYMENT_ON_ITS_WAY = "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e01"
PAYMENTS_ON_THEIR_WAY = "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e02"
PAYMENT_ON_ITS_WAY_TEXT = "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e03"
PAYMENT_ON_ITS_WAY_LETTER = "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e04"
DETAILS_WARNING = "a3d7f6d0-54c1-4a0e-9f0b-7d2f7c9e4b31"
DETAILS_WARNING_TEXT = "c1f0a9be-2d35-4f7b-8a65-0e9d1b6c8f42"
STAFF_MESSAGE = "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e20"
# one template a channel, whose words the sender brings
PASS_THROUGH: dict[str, str] = {
    "email": "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e30",
    "text": "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e31",
    "letter": "6f2a7c1e-0f5b-4a53-9d0e-3c1f7b8a2e32",
}

TemplateType = Literal["email", "sms", "letter"]

_PLACEHOLDER = re.compile(r"\(\(([^()]+)\)\)")


class MissingPersonalisation(Exception):
    """A template was to be filled and some of its placeholders had no value; ``names`` lists them in order."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = tuple(names)


@dataclass(frozen=True)
class Template:
    """One message as Notify keeps it; ``subject`` is None for a text message."""

    id: str
    name: str
    type: TemplateType
    subject: str | None
    body: str
    version: int = 1

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names between double brackets, each once, in the order in which they are read."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(f"{self.subject or ''}\n{self.body}")))

    def fill(self, personalisation: Mapping[str, object]) -> tuple[str | None, str]:
        """Subject and body with every placeholder replaced. Keys match whatever their case, spaces, - and _.

        A list of values becomes bullets. Raises MissingPersonalisation, naming all that is missing at once.
        """
        values = {_same(key): _text(value) for key, value in personalisation.items() if value is not None}
        missing = [name for name in self.placeholders if _same(name) not in values]
        if missing:
            raise MissingPersonalisation(missing)

        def filled(text: str) -> str:
            return _PLACEHOLDER.sub(lambda found: values[_same(found[1])], text)

        return (None if self.subject is None else filled(self.subject)), filled(self.body)


def by_id(templates: Iterable[Template]) -> dict[str, Template]:
    """The templates under their ids; refuses two with one id."""
    found: dict[str, Template] = {}
    for template in templates:
        if template.id in found:
            raise ValueError(f"{template.name} and {found[template.id].name} have the same id")
        found[template.id] = template
    return found


def _same(key: str) -> str:
    return re.sub(r"[\s_-]", "", key).lower()


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "\n\n" + "\n".join(f"* {item}" for item in value)
    return str(value)


TEMPLATES: tuple[Template, ...] = (
    Template(PASS_THROUGH["email"], "any email", "email", "((subject))", "((body))"),
    Template(PASS_THROUGH["text"], "any text", "sms", None, "((body))"),
    Template(PASS_THROUGH["letter"], "any letter", "letter", "((subject))", "((body))"),
    Template(
        DETAILS_WARNING,
        "details_warning",
        "email",
        "Did you ask for another account?",
        """\
Dear ((name)),

Somebody asked us to make your payments into another account. Nothing has changed yet.

# If this was you

You do not need to do anything.

# If this was not you

Tell us here, and we hold the change until somebody has looked into it:

((link))

The link works until ((until)). You can also contact us: ((contact))

We will never ask for your bank details or a password by email, and the link asks for neither.

((sender))
""",
    ),
    Template(
        DETAILS_WARNING_TEXT,
        "details_warning_text",
        "sms",
        None,
        "((sender)): somebody asked us to make your payments into another account. If this was not you, hold it here: "
        "((link)) We never ask for bank details or a password by text. Contact us: ((contact))",
    ),
    Template(
        STAFF_MESSAGE,
        "staff_message",
        "email",
        "((subject))",
        """\
Dear ((name)),

((text))

Payouts
""",
    ),
    Template(
        PAYMENT_ON_ITS_WAY,
        "payment_on_its_way",
        "email",
        "Your payment of ((amount)) is on its way",
        """\
Dear ((name)),

We have sent a payment of ((amount)) to the account ending in ((last_four)).

It should be in the account on ((date)). It can arrive at any time that day.

# What to do

You do not need to do anything if the account is yours and the amount is what you expect.

Contact us as soon as you can if:

* you do not use the account ending in ((last_four)) any more
* the amount is not what you expect
* the money is not in the account by the end of ((date))

Contact us: ((contact))

We will never ask for your full bank details or a password by email.

((sender))
""",
    ),
    Template(
        PAYMENTS_ON_THEIR_WAY,
        "payments_on_their_way",
        "email",
        "((count)) payments totalling ((total)) are on their way",
        """\
Dear ((name)),

We have sent ((count)) payments to the account ending in ((last_four)). Together they come to ((total)).

They should be in the account on ((date)). Each is a separate credit with its own reference on the statement.

# What to do

Check that you can match each payment to the person it is for.

Contact us as soon as you can if:

* you do not use the account ending in ((last_four)) any more
* a payment is for someone you no longer receive money for
* any of the ((count)) payments is not in the account by the end of ((date))

Contact us: ((contact))

We will never ask for your full bank details or a password by email.

((sender))
""",
    ),
    Template(
        PAYMENT_ON_ITS_WAY_TEXT,
        "payment_on_its_way_text",
        "sms",
        None,
        "((sender)): we have sent ((amount)) to your account ending ((last_four)). It should be there on ((date)). "
        "Is something wrong? Contact us: ((contact))",
    ),
    Template(
        PAYMENT_ON_ITS_WAY_LETTER,
        "payment_on_its_way_letter",
        "letter",
        "Your payment of ((amount)) is on its way",
        """\
Dear ((name)),

We have sent a payment of ((amount)) to the account ending in ((last_four)). It should be in the account on ((date)).

You do not need to do anything if the account is yours and the amount is what you expect. If something is wrong,
contact us as soon as you can: ((contact))

((sender))
""",
    ),
)
