"""Modulus checking: whether an account number can exist at a sort code (Vocalink, "UK modulus checking").

A pass does not prove that the account exists, and a fail should make a person ask the payee again, because the table
lags behind the banks. Sort codes that the table does not list cannot be checked, and are paid.

>>> check("20-29-59", "63748472")
Result(outcome=<Outcome.PASS: 'pass'>, rule='MOD11/6+DBLAL/6', table_version='8.50')
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from bacs import account
from bacs.errors import AccountRefused
from bacs.weights import Method, Row, WeightTable

__all__ = ["Outcome", "Result", "WeightTable", "check", "check_many"]

Test = Callable[[str, str], bool]
"""A row at work: sort code and account number, six and eight digits, in; whether they pass, out."""

# Exception 2, account numbers that do not start with 0: weights for most, and for those whose g is 9
_TWO = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
_TWO_WHEN_G_IS_9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
_LLOYDS_EURO_SORT_CODE = "309634"
_EXCEPTION_8_SORT_CODE = "090126"
_EITHER_SUFFICES = {(2, 9), (10, 11), (12, 13)}


class Outcome(StrEnum):
    """What a check can find."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_CHECKABLE = "not_checkable"
    FOREIGN_CURRENCY = "foreign_currency"
    BAD_INPUT = "bad_input"

    @property
    def is_payable(self) -> bool:
        """Whether the check speaks against paying: what cannot be checked is treated as valid."""
        return self not in (Outcome.FAIL, Outcome.BAD_INPUT)


class Result(NamedTuple):
    """What was found, by which rule ("" when the table has none), and with which version of the table."""

    outcome: Outcome
    rule: str
    table_version: str


class _PartSums(dict[str, int]):
    """Weighted sums of a few digits, each reckoned once: a check is then four look-ups."""

    def __init__(self, weights: tuple[int, ...], *, by_digit: bool) -> None:
        super().__init__()
        self.weights, self.by_digit = weights, by_digit

    def __missing__(self, digits: str) -> int:
        products = [int(digit) * weight for digit, weight in zip(digits, self.weights, strict=True)]
        if self.by_digit:
            products = [int(digit) for product in products for digit in str(product)]
        self[digits] = total = sum(products)
        return total


@lru_cache(maxsize=4096)
def _part_sums(weights: tuple[int, ...], by_digit: bool) -> _PartSums:
    return _PartSums(weights, by_digit=by_digit)


def _total(method: Method, weights: tuple[int, ...]) -> Callable[[str, str], int]:
    """The weighted sum of the 14 digits: of the products, or for DBLAL of the products' decimal digits."""
    by_digit = method is Method.DBLAL
    parts = (weights[0:3], weights[3:6], weights[6:10], weights[10:14])
    u, x, a, e = (_part_sums(part, by_digit) for part in parts)
    if any(weights[:6]):
        return lambda sort, number: u[sort[:3]] + x[sort[3:]] + a[number[:4]] + e[number[4:]]
    return lambda sort, number: a[number[:4]] + e[number[4:]]


def _modulus(method: Method) -> int:
    return 11 if method is Method.MOD11 else 10


def _plain(row: Row) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    return lambda sort, number: total(sort, number) % modulus == 0


def _without_first_eight(row: Row) -> Row:
    return Row(row.first, row.last, row.method, (0,) * 8 + row.weights[8:], row.exception)


def _exception_1(row: Row) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    return lambda sort, number: (total(sort, number) + 27) % modulus == 0


def _exception_2(row: Row) -> Test:
    own = _plain(row)
    otherwise = _plain(Row(row.first, row.last, row.method, _TWO))
    when_g_is_9 = _plain(Row(row.first, row.last, row.method, _TWO_WHEN_G_IS_9))

    def passes(sort: str, number: str) -> bool:
        if number[0] == "0":
            return own(sort, number)
        return when_g_is_9(sort, number) if number[6] == "9" else otherwise(sort, number)

    return passes


def _exception_3(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, number: number[2] in "69" or own(sort, number)


def _exception_4(row: Row) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    return lambda sort, number: total(sort, number) % modulus == int(number[6:])


def _exception_5(row: Row, substitutions: dict[str, str]) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    place = 6 if row.method is Method.MOD11 else 7

    def passes(sort: str, number: str) -> bool:
        remainder = total(substitutions.get(sort, sort), number) % modulus
        # remainder 1 of MOD11 would need the check digit 10, and so never passes
        return (modulus - remainder) % modulus == int(number[place])

    return passes


def _exception_7(row: Row) -> Test:
    own, when_g_is_9 = _plain(row), _plain(_without_first_eight(row))
    return lambda sort, number: when_g_is_9(sort, number) if number[6] == "9" else own(sort, number)


def _exception_8(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, number: own(_EXCEPTION_8_SORT_CODE, number)


def _exception_9(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, number: own(_LLOYDS_EURO_SORT_CODE, number)


def _exception_10(row: Row) -> Test:
    own, shortened = _plain(row), _plain(_without_first_eight(row))

    def passes(sort: str, number: str) -> bool:
        is_short = number[:2] in ("09", "99") and number[6] == "9"
        return shortened(sort, number) if is_short else own(sort, number)

    return passes


def _exception_14(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, number: own(sort, number) or (number[7] in "019" and own(sort, "0" + number[:7]))


_EXCEPTIONS: dict[int, Callable[[Row], Test]] = {
    1: _exception_1,
    2: _exception_2,
    3: _exception_3,
    4: _exception_4,
    7: _exception_7,
    8: _exception_8,
    9: _exception_9,
    10: _exception_10,
    14: _exception_14,
}


class _Rule:
    """The rows of one range of sort codes, ready to check; it gives the same few results again and again."""

    __slots__ = ("_results", "check")

    def __init__(self, rows: tuple[Row, ...], substitutions: dict[str, str], version: str) -> None:
        rule = "+".join(row.rule for row in rows)
        passed, failed = (Result(outcome, rule, version) for outcome in (Outcome.PASS, Outcome.FAIL))
        unknown = Result(Outcome.NOT_CHECKABLE, rule, version)
        foreign = Result(Outcome.FOREIGN_CURRENCY, rule, version)
        exceptions = tuple(row.exception for row in rows)
        tests = [
            _exception_5(row, substitutions) if row.exception == 5 else _EXCEPTIONS.get(row.exception, _plain)(row)
            for row in rows
        ]
        self.check: Callable[[str, str], Result]
        if not tests:
            self.check = lambda sort, number: unknown
        elif 6 in exceptions:
            both = _all_of(tests)
            self.check = lambda sort, number: (
                foreign if number[0] in "45678" and number[6] == number[7] else passed if both(sort, number) else failed
            )
        else:
            test = _any_of(tests) if exceptions in _EITHER_SUFFICES else _all_of(tests)
            self.check = lambda sort, number: passed if test(sort, number) else failed


def _all_of(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    first, second = tests
    return lambda sort, number: first(sort, number) and second(sort, number)


def _any_of(tests: list[Test]) -> Test:
    first, second = tests
    return lambda sort, number: first(sort, number) or second(sort, number)


@lru_cache(maxsize=8)
def _rules(table: WeightTable) -> tuple[list[str], list[Callable[[str, str], Result]], Result]:
    """A table's ranges with the check of each, and its answer to bad input."""
    starts, spans = table.spans()
    made: dict[tuple[Row, ...], Callable[[str, str], Result]] = {}
    checks = [
        made.setdefault(rows, _Rule(rows, table.substitutions, table.version).check) if rows not in made else made[rows]
        for rows in spans
    ]
    return starts, checks, Result(Outcome.BAD_INPUT, "", table.version)


def check(sort_code: str, account_number: str, *, table: WeightTable | None = None) -> Result:
    """Check an account number against its sort code, as people write them.

    Non-standard lengths are converted first, as `bacs.account.validate` does. Nothing is raised: what cannot be an
    account comes back as `Outcome.BAD_INPUT`. Without `table` the one shipped with this package is used.

    >>> check("08-99-99", "66374959").outcome
    <Outcome.FAIL: 'fail'>
    >>> check("00-00-00", "12345678").outcome
    <Outcome.NOT_CHECKABLE: 'not_checkable'>
    """
    return next(check_many([(sort_code, account_number)], table=table))


def check_many(pairs: Iterable[tuple[str, str]], *, table: WeightTable | None = None) -> Iterator[Result]:
    """Check pairs of sort code and account number, in order, one result for each: `check` for millions."""
    starts, checks, bad_input = _rules(table or WeightTable.shipped())
    for sort, number in pairs:
        if not (
            len(sort) == 6 and len(number) == 8 and sort.isascii() and number.isascii() and (sort + number).isdigit()
        ):
            try:
                sort, number = account.validate(sort, number)
            except AccountRefused:
                yield bad_input
                continue
        yield checks[bisect_right(starts, sort)](sort, number)
