"""Modulus checking: whether an account number can exist at a sort code (Vocalink, "UK modulus checking").

A pass does not prove that the account exists, and a fail should make a person ask the payee again, because the table
lags behind the banks. Sort codes that the table does not list cannot be checked, and are paid.

>>> check("20-29-59", "63748472")
Result(outcome=<Outcome.PASS: 'pass'>, rule='MOD11/6+DBLAL/6', table_version='8.50')
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bacs import account
from bacs.errors import AccountRefused
from bacs.weights import Method, Row, WeightTable

__all__ = ["Outcome", "Result", "WeightTable", "check", "check_many"]

Test = Callable[[int, int, int], bool]
"""A row at work: the sort code and the account number's halves abcd and efgh in, whether they pass out."""

# Exception 2, account numbers that do not start with 0: weights for most, and for those whose g is 9
_TWO = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
_TWO_WHEN_G_IS_9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
_LLOYDS_EURO_SORT_CODE = 309634
_EXCEPTION_8_SORT_CODE = 90126
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


Check = Callable[[int, int, int], Result]
Sums = list[int]


@lru_cache(maxsize=4096)
def _sums(weights: tuple[int, ...], by_digit: bool) -> Sums:
    """The weighted sum of every number of so many digits, in order: a check is then a few look-ups."""
    sums = [0]
    for weight in weights:
        products = [weight * digit for digit in range(10)]
        if by_digit:
            products = [sum(int(digit) for digit in str(product)) for product in products]
        sums = [before + product for before in sums for product in products]
    return sums


def _total(method: Method, weights: tuple[int, ...]) -> Callable[[int, int, int], int]:
    """The weighted sum of the 14 digits: of the products, or for DBLAL of the products' decimal digits."""
    by_digit = method is Method.DBLAL
    front, back = _sums(weights[6:10], by_digit), _sums(weights[10:14], by_digit)
    if not any(weights[:6]):
        return lambda sort, abcd, efgh: front[abcd] + back[efgh]
    uvw, xyz = _sums(weights[0:3], by_digit), _sums(weights[3:6], by_digit)
    return lambda sort, abcd, efgh: uvw[sort // 1000] + xyz[sort % 1000] + front[abcd] + back[efgh]


def _modulus(method: Method) -> int:
    return 11 if method is Method.MOD11 else 10


def _plain(row: Row) -> Test:
    modulus = _modulus(row.method)
    if any(row.weights[:6]):
        total = _total(row.method, row.weights)
        return lambda sort, abcd, efgh: total(sort, abcd, efgh) % modulus == 0
    # most rows leave the sort code out: without the call in between they are checked in half the time
    by_digit = row.method is Method.DBLAL
    front, back = _sums(row.weights[6:10], by_digit), _sums(row.weights[10:14], by_digit)
    return lambda sort, abcd, efgh: (front[abcd] + back[efgh]) % modulus == 0


def _without_first_eight(row: Row) -> Row:
    return Row(row.first, row.last, row.method, (0,) * 8 + row.weights[8:], row.exception)


def _g(efgh: int) -> int:
    return efgh // 10 % 10


def _exception_1(row: Row) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    return lambda sort, abcd, efgh: (total(sort, abcd, efgh) + 27) % modulus == 0


def _exception_2(row: Row) -> Test:
    own = _plain(row)
    otherwise = _plain(Row(row.first, row.last, row.method, _TWO))
    when_g_is_9 = _plain(Row(row.first, row.last, row.method, _TWO_WHEN_G_IS_9))

    def passes(sort: int, abcd: int, efgh: int) -> bool:
        if abcd < 1000:
            return own(sort, abcd, efgh)
        return when_g_is_9(sort, abcd, efgh) if _g(efgh) == 9 else otherwise(sort, abcd, efgh)

    return passes


def _exception_3(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, abcd, efgh: abcd // 10 % 10 in (6, 9) or own(sort, abcd, efgh)


def _exception_4(row: Row) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    return lambda sort, abcd, efgh: total(sort, abcd, efgh) % modulus == efgh % 100


def _exception_5(row: Row, substitutions: dict[int, int]) -> Test:
    total, modulus = _total(row.method, row.weights), _modulus(row.method)
    place = 10 if row.method is Method.MOD11 else 1

    def passes(sort: int, abcd: int, efgh: int) -> bool:
        remainder = total(substitutions.get(sort, sort), abcd, efgh) % modulus
        # remainder 1 of MOD11 would need the check digit 10, and so never passes
        return (modulus - remainder) % modulus == efgh // place % 10

    return passes


def _exception_7(row: Row) -> Test:
    own, when_g_is_9 = _plain(row), _plain(_without_first_eight(row))
    return lambda sort, abcd, efgh: (when_g_is_9 if _g(efgh) == 9 else own)(sort, abcd, efgh)


def _exception_8(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, abcd, efgh: own(_EXCEPTION_8_SORT_CODE, abcd, efgh)


def _exception_9(row: Row) -> Test:
    own = _plain(row)
    return lambda sort, abcd, efgh: own(_LLOYDS_EURO_SORT_CODE, abcd, efgh)


def _exception_10(row: Row) -> Test:
    own, shortened = _plain(row), _plain(_without_first_eight(row))

    def passes(sort: int, abcd: int, efgh: int) -> bool:
        is_short = abcd // 100 in (9, 99) and _g(efgh) == 9
        return (shortened if is_short else own)(sort, abcd, efgh)

    return passes


def _exception_14(row: Row) -> Test:
    own = _plain(row)

    def passes(sort: int, abcd: int, efgh: int) -> bool:
        if own(sort, abcd, efgh):
            return True
        front, d = divmod(abcd, 10)
        return efgh % 10 in (0, 1, 9) and own(sort, front, d * 1000 + efgh // 10)

    return passes


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


def _check_by(rows: tuple[Row, ...], substitutions: dict[int, int], version: str) -> Check:
    """The rows of one range of sort codes, ready to check; they give the same few results again and again."""
    rule = "+".join(row.rule for row in rows)
    if not rows:
        unknown = Result(Outcome.NOT_CHECKABLE, rule, version)
        return lambda sort, abcd, efgh: unknown
    passed, failed = Result(Outcome.PASS, rule, version), Result(Outcome.FAIL, rule, version)
    exceptions = tuple(row.exception for row in rows)
    tests = [
        _exception_5(row, substitutions) if row.exception == 5 else _EXCEPTIONS.get(row.exception, _plain)(row)
        for row in rows
    ]
    test = tests[0]
    if len(tests) == 2:
        first, second = tests
        if exceptions in _EITHER_SUFFICES:
            test = lambda sort, abcd, efgh: first(sort, abcd, efgh) or second(sort, abcd, efgh)  # noqa: E731
        else:
            test = lambda sort, abcd, efgh: first(sort, abcd, efgh) and second(sort, abcd, efgh)  # noqa: E731
    if 6 not in exceptions:
        return lambda sort, abcd, efgh: passed if test(sort, abcd, efgh) else failed
    foreign = Result(Outcome.FOREIGN_CURRENCY, rule, version)

    def check_unless_foreign(sort: int, abcd: int, efgh: int) -> Result:
        if 4000 <= abcd <= 8999 and _g(efgh) == efgh % 10:
            return foreign
        return passed if test(sort, abcd, efgh) else failed

    return check_unless_foreign


class _Checks(NamedTuple):
    """A weight table at work: for each of the million sort codes the place of its check."""

    places: Sequence[int]
    checks: list[Check]
    bad_input: Result


@lru_cache(maxsize=8)
def _checks(table: WeightTable) -> _Checks:
    substitutions = {int(code): int(other) for code, other in table.substitutions.items()}
    starts, spans = table.spans()
    edges = [0, *starts, 1_000_000]
    places = array("H")
    for place, (first, after) in enumerate(pairwise(edges)):
        places.extend(array("H", [place]) * (after - first))
    made: dict[tuple[Row, ...], Check] = {}
    for rows in spans:
        if rows not in made:
            made[rows] = _check_by(rows, substitutions, table.version)
    return _Checks(places, [made[rows] for rows in spans], Result(Outcome.BAD_INPUT, "", table.version))


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
    places, checks, bad_input = _checks(table or WeightTable.shipped())
    for sort, number in pairs:
        both = sort + number
        if not (len(sort) == 6 and len(number) == 8 and both.isdigit() and both.isascii()):
            try:
                both = "".join(account.validate(sort, number))
            except AccountRefused:
                yield bad_input
                continue
        abcd, efgh = divmod(int(both[6:]), 10_000)
        sort_number = int(both[:6])
        yield checks[places[sort_number]](sort_number, abcd, efgh)
