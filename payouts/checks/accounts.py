"""Bank details: the check on the digits, the second person, and accounts that several payees share."""

from __future__ import annotations

from collections.abc import Iterator

from bacs.modulus import Outcome
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import PaymentLine

OF_OUTCOME = {
    Outcome.FAIL: Kind.MODULUS_FAILED,
    Outcome.BAD_INPUT: Kind.MODULUS_FAILED,
    Outcome.NOT_CHECKABLE: Kind.MODULUS_NOT_CHECKABLE,
    Outcome.FOREIGN_CURRENCY: Kind.FOREIGN_CURRENCY_ACCOUNT,
}


def digits(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The outcome of modulus checking, as it was when the bank details were entered."""
    kind = OF_OUTCOME.get(Outcome(payment.modulus_outcome))
    if kind is not None:
        yield Found(kind, payment.id, {})


def confirmed(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """No money to bank details that only one person has looked at."""
    if payment.confirmed_by is None or payment.confirmed_by == payment.proposed_by:
        yield Found(Kind.BANK_DETAILS_UNCONFIRMED, payment.id, {})


def shared(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """One account for several payees is a couple's joint account, one person enrolled twice, or fraud."""
    payees = facts.shared_accounts.get(bytes(payment.fingerprint))
    if payees:
        yield Found(Kind.ONE_ACCOUNT_SEVERAL_PAYEES, payment.id, {"payees": payees})


def several_payments(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """Several payments to one payee: a provider with several clients, mostly."""
    count = facts.several_payments.get(payment.payee_id)
    if count:
        yield Found(Kind.ONE_PAYEE_SEVERAL_PAYMENTS, payment.id, {"payments": count})


def first_payment(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The first payment of an award to these bank details is always listed: here mistakes and fraud begin."""
    if payment.award_id is not None and payment.award_id not in facts.paid_before:
        yield Found(Kind.FIRST_PAYMENT, payment.id, {})


def one_off(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """No award makes a one-off payment due: it rests on what two people said of it, so it is looked at every time."""
    if payment.award_id is None:
        yield Found(Kind.ONE_OFF_PAYMENT, payment.id, {})
