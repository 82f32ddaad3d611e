"""Two lists of payments held against each other: nothing that differs is passed over, and the pence add up."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.__main__ import main
from bacs.comparison import ALL_PARTS, AmountUnreadable, Listed, NotPayments, Part, compare, listed
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile, write

DOCS = Path(__file__).parents[2] / "docs"
DAY = date(2026, 9, 16)
ALI = Listed("089999", "66374958", 12550, "A ALI", "HSF-0001-000001", DAY)
BEA = Listed("107999", "88837491", 9900, "B BEA", "HSF-0001-000002", DAY)
CYD = Listed("202959", "63748472", 100, "C CYD", "HSF-0001-000003", DAY)
ALL = [ALI, BEA, CYD]
OTHER_ACCOUNT = {"sort_code": "203099", "account_number": "66831036"}

payments = st.builds(
    Listed,
    st.sampled_from(["089999", "107999", "202959"]),
    st.sampled_from(["66374958", "88837491"]),
    st.integers(1, 5),
    st.sampled_from(["A ALI", "B BEA", ""]),
    st.sampled_from(["R1", "R2", "R3", ""]),
    st.sampled_from([DAY, None]),
)


def only(comparison):
    [difference] = comparison.differences
    return difference


def test_the_same_payments_in_another_order_are_the_same():
    found = compare(ALL, ALL[::-1])
    assert found.is_same
    assert (found.same_count, found.expected_pence, found.given_pence) == (3, 22550, 22550)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"amount_pence": 12551}, {Part.AMOUNT}),
        (OTHER_ACCOUNT, {Part.ACCOUNT}),
        ({"name": "M ALLORY"}, {Part.NAME}),
        ({"reference": "X"}, {Part.REFERENCE}),
        ({"day": date(2026, 9, 17)}, {Part.DAY}),
        (OTHER_ACCOUNT | {"name": "M ALLORY"}, {Part.ACCOUNT, Part.NAME}),
        (OTHER_ACCOUNT | {"amount_pence": 1}, {Part.ACCOUNT, Part.AMOUNT}),
        (OTHER_ACCOUNT | {"reference": "X"}, {Part.ACCOUNT, Part.REFERENCE}),
    ],
)
def test_a_payment_that_was_changed_is_told_with_what_of_it_was(changes, parts):
    changed = ALI._replace(**changes)
    difference = only(compare(ALL, [BEA, changed, CYD]))
    assert (difference.expected, difference.given, difference.parts) == (ALI, changed, parts)


def test_two_accounts_swapped_are_two_payments_that_differ_although_every_total_is_the_same():
    ali = ALI._replace(sort_code=BEA.sort_code, account_number=BEA.account_number)
    bea = BEA._replace(sort_code=ALI.sort_code, account_number=ALI.account_number)
    found = compare(ALL, [ali, bea, CYD])
    assert [(one.expected, one.given) for one in found.differences] == [(ALI, ali), (BEA, bea)]
    assert found.sums() == {Part.ACCOUNT: (2, 0)}


def test_a_payment_that_is_missing_or_extra_is_told_with_its_pence():
    extra = Listed("203099", "66831036", 500, "M ALLORY", "X", DAY)
    found = compare(ALL, [ALI, CYD, extra])
    assert found.sums() == {Part.MISSING: (1, -9900), Part.EXTRA: (1, 500)}


def test_a_payment_that_stands_twice_is_extra_once():
    assert only(compare(ALL, [*ALL, ALI])).parts == {Part.EXTRA}


def test_of_two_systems_only_what_both_know_is_compared():
    theirs = [one._replace(reference=f"OLD{one.amount_pence}", day=None) for one in ALL]
    looking_at = ALL_PARTS - {Part.REFERENCE, Part.DAY}
    assert compare(theirs, ALL, looking_at=looking_at).is_same
    assert only(compare(theirs, [ALI._replace(amount_pence=1), BEA, CYD], looking_at=looking_at)).parts == {Part.AMOUNT}


@given(st.lists(payments, max_size=8), st.lists(payments, max_size=8), st.sets(st.sampled_from(sorted(ALL_PARTS))))
def test_every_payment_is_counted_once_and_the_differences_add_up_to_the_penny(expected, given_, parts):
    found = compare(expected, given_, looking_at=frozenset(parts))
    paired = [one for one in found.differences if one.expected and one.given]
    missing = [one for one in found.differences if one.given is None]
    extra = [one for one in found.differences if one.expected is None]
    assert found.same_count + len(paired) + len(missing) == len(expected)
    assert found.same_count + len(paired) + len(extra) == len(given_)
    if Part.AMOUNT in parts:
        assert sum(one.pence for one in found.differences) == found.given_pence - found.expected_pence
    assert all(one.parts for one in found.differences)


@given(st.lists(payments, max_size=8), st.lists(payments, max_size=8))
def test_lists_are_the_same_when_and_only_when_they_hold_the_same_payments(expected, given_):
    assert compare(expected, given_).is_same is (sorted(expected, key=str) == sorted(given_, key=str))


@given(st.lists(payments, min_size=1, max_size=8), st.randoms())
def test_the_order_of_what_is_given_changes_nothing_but_the_order_of_what_is_told(expected, dice):
    given_ = [one._replace(amount_pence=dice.randint(1, 5)) for one in expected]
    shuffled = dice.sample(given_, len(given_))
    one, other = compare(expected, given_), compare(expected, shuffled)
    assert one.is_same is other.is_same
    assert (one.same_count, one.given_pence) == (other.same_count, other.given_pence)


def submission(items):
    main = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
    section = Section(main, DAY, items, narrative="PAYRUN 1")
    user_file = UserFile("912345", "EXAMPLE COUNCIL", file_number=1, sections=[section])
    return Submission("000001", "912345", date(2026, 9, 14), [user_file])


def test_a_bacs_file_lists_its_credits_and_no_contra():
    items = [Credit(one.sort_code, one.account_number, one.amount_pence, one.name, one.reference) for one in ALL]
    file = io.BytesIO(b"".join(write(submission(items))))
    assert list(listed(file)) == ALL


def written(folder, form, payments="bacs-example-payments.csv"):
    """The library's example, as a file of this format."""
    to = folder / f"{form}-{len(list(folder.iterdir()))}"
    profile = str(DOCS / "bacs-example-profile.toml")
    assert main(["write", "--format", form, "--profile", profile, str(DOCS / payments), "-o", str(to)]) == 0
    return to


def test_the_same_payments_are_the_same_in_a_bacs_file_and_in_a_pain_001_message(tmp_path):
    with written(tmp_path, "standard18").open("rb") as one, written(tmp_path, "pain.001.001.09").open("rb") as other:
        bacs_file, message = list(listed(one)), list(listed(other))
    assert bacs_file
    accounts = frozenset({Part.ACCOUNT, Part.AMOUNT})
    assert compare(bacs_file, message, looking_at=accounts).is_same


def test_the_command_says_what_differs_and_by_how_much(tmp_path, capsys):
    approved = written(tmp_path, "standard18")
    changed = tmp_path / "changed"
    changed.write_bytes(approved.read_bytes().replace(b"HSF-", b"XSF-", 1))
    assert main(["compare", str(approved), str(approved)]) == 0
    assert main(["compare", str(approved), str(changed)]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["kind"] for one in told] == ["comparison", "difference", "comparison"]
    assert told[1]["parts"] == ["reference"]
    assert told[2]["given_pence"] == told[2]["expected_pence"]
    assert main(["compare", "--ignore", "reference", str(approved), str(changed)]) == 0
    assert main(["compare", str(approved), str(DOCS / "bacs.md")]) == 2


def test_a_file_without_payments_is_refused():
    statement = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>'
    with pytest.raises(NotPayments) as refused:
        list(listed(io.BytesIO(statement)))
    assert "camt.053" in str(refused.value)


def test_an_amount_that_cannot_be_read_says_where():
    content = b"".join(write(submission([Credit(*ALI[:5])])))
    broken = content.replace(b"00000012550", b"0000001255O", 1)
    with pytest.raises(AmountUnreadable) as refused:
        list(listed(io.BytesIO(broken)))
    assert refused.value.place == 1
