"""Reading a definition that somebody wrote as JSON: every fault by its path, nothing guessed and nothing left out.

`definition_json` writes what this reads. The shape is held against the table below; whether what it says makes sense is
for `definition.faults_of`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from schemes.amount import AmountKind, BandPays, PartPeriod
from schemes.definition import Definition, definition_from
from schemes.errors import FieldFault, FieldsRefused, Misfit
from schemes.gate_rule import EvidenceForm, GateKind
from schemes.period import Frequency, NonWorkingDay, PayDay
from schemes.person import Role

LARGEST_FILE = 1024 * 1024
LARGEST_NUMBER = 10**15

Check = Callable[[Any, str], Iterator[FieldFault]]


def text(value: Any, path: str) -> Iterator[FieldFault]:
    if not isinstance(value, str):
        yield FieldFault(path, Misfit.NOT_TEXT)


def whole(value: Any, path: str) -> Iterator[FieldFault]:
    """A whole number; `true` is none, nor is 1.0: an amount is pence, and no float ever was."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_NUMBER:
        yield FieldFault(path, Misfit.NOT_A_NUMBER)


def day(value: Any, path: str) -> Iterator[FieldFault]:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        yield FieldFault(path, Misfit.NOT_A_DATE)


def identifier(value: Any, path: str) -> Iterator[FieldFault]:
    try:
        UUID(value)
    except (AttributeError, TypeError, ValueError):
        yield FieldFault(path, Misfit.UNKNOWN)


def one_of(values: type[StrEnum]) -> Check:
    def check(value: Any, path: str) -> Iterator[FieldFault]:
        if not isinstance(value, str) or value not in {member.value for member in values}:
            yield FieldFault(path, Misfit.UNKNOWN)

    return check


def maybe(check_given: Check) -> Check:
    """What may be null."""

    def check(value: Any, path: str) -> Iterator[FieldFault]:
        if value is not None:
            yield from check_given(value, path)

    return check


def listing(check_each: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[FieldFault]:
        if not isinstance(value, list):
            yield FieldFault(path, Misfit.NOT_A_LIST)
            return
        for place, each in enumerate(value):
            yield from check_each(each, f"{path}.{place}")

    return check


def record(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these names. A name that is not known may be a rule that somebody relies on."""
    known = {**needed, **(optional or {})}

    def check(value: Any, path: str) -> Iterator[FieldFault]:
        if not isinstance(value, dict):
            yield FieldFault(path, Misfit.NOT_AN_OBJECT)
            return
        at = f"{path}." if path else ""
        for name in needed:
            if name not in value:
                yield FieldFault(f"{at}{name}", Misfit.MISSING)
        for name, given in value.items():
            if name in known:
                yield from known[name](given, f"{at}{name}")
            else:
                yield FieldFault(f"{at}{name}", Misfit.NOT_KNOWN)

    return check


LISTED = record({"first_day": day, "last_day": day, "pay_day": maybe(day)})
SCHEDULE = record(
    {
        "frequency": one_of(Frequency),
        "first_day": day,
        "pay_day": one_of(PayDay),
        "pay_days": whole,
        "non_working": one_of(NonWorkingDay),
        "listed": listing(LISTED),
    }
)
BAND = record({"from_units": whole, "pence": whole})
RULE = record(
    {"kind": one_of(AmountKind), "part_period": one_of(PartPeriod)},
    {
        "unit": text,
        "rate_pence": maybe(whole),
        "band_pays": one_of(BandPays),
        "bands": listing(BAND),
        "least_pence": whole,
        "most_pence": whole,
    },
)
FINANCE = record({"fund": text, "cost_centre": text, "account": text, "vat": text})
COMPONENT = record({"code": text, "name": text, "rule": RULE, "finance": FINANCE})
TIER = record({"from_pence": whole, "role": one_of(Role), "people_needed": whole})
GATE = record(
    {
        "kind": one_of(GateKind),
        "name": text,
        "question": text,
        "role": one_of(Role),
        "people_needed": whole,
        "evidence_asked": text,
    },
    {
        "tiers": listing(TIER),
        "evidence_form": one_of(EvidenceForm),
        "due_days": maybe(whole),
        "escalates_to": one_of(Role),
    },
)
INPUTS = record({}, {"amount_pence": whole, "units": whole, "rate_pence": whole})
EXAMPLE = record({"component": text, "inputs": INPUTS, "covered_days": maybe(whole), "expected_pence": whole})
DEFINITION = record(
    {
        "code": text,
        "name": text,
        "pays_for": text,
        "schedule": SCHEDULE,
        "components": listing(COMPONENT),
        "payment_limit_pence": whole,
        "payroll_limit_pence": whole,
        "reference": text,
        "bank_profile_id": identifier,
        "gates": listing(GATE),
        "examples": listing(EXAMPLE),
    }
)


def read_definition(content: bytes, *, bank_profile_id: UUID | None = None) -> Definition:
    """A definition from a file. bank_profile_id: of this body, in place of the one that another body's file names.

    Raises FieldsRefused with every fault of its shape.
    """
    if len(content) > LARGEST_FILE:
        raise FieldsRefused("file", [FieldFault("file", Misfit.TOO_LONG, (LARGEST_FILE,))])
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        raise FieldsRefused("file", [FieldFault("file", Misfit.NOT_JSON)]) from None
    if bank_profile_id is not None and isinstance(given, dict):
        given["bank_profile_id"] = str(bank_profile_id)
    faults = list(DEFINITION(given, ""))
    if faults:
        raise FieldsRefused("scheme", faults)
    return definition_from(given)
