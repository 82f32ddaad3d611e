"""Writing pain.001, and reading it back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import (
    AccountRefused,
    AmountReason,
    AmountRefused,
    BacsError,
    FieldReason,
    FieldRefused,
    FieldTooLong,
    ItemRefused,
    MessageReason,
    MessageRefused,
    NotInCharacterSet,
)
from bacs.iso20022 import (
    AccountForm,
    Address,
    BankProfile,
    Batch,
    CharacterSet,
    Marker,
    MarkerPlace,
    Message,
    Party,
    Payment,
    Pieces,
    ReferencePlace,
    Scheme,
    Version,
    check_payment,
    instructions,
    write,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "iso20022"
COMMON = BankProfile.shipped("common")
COUNCIL = Party("EXAMPLE COUNCIL", "912345", "SUN")
FIRST = Payment("HSF-417-1", "202959", "63748472", 12550, "A N OTHER", "HSF-2026-000101")
SECOND = Payment("HSF-417-2", "107999", "88837491", 200000, "B-B SMITH & CO", "HSF-2026-000102")
BATCH = Batch("HSF-417", Scheme.BACS, date(2026, 9, 17), COUNCIL, "089999", "66374958", (FIRST, SECOND))
MESSAGE = Message("HSF-417-1", datetime(2026, 9, 14, 8, 30, tzinfo=UTC), COUNCIL, (BATCH,))
UETR = "123e4567-e89b-42d3-a456-426614174000"


def with_payments(*payments, **changes):
    return replace(MESSAGE, batches=(replace(BATCH, payments=payments, **changes),))


def written(message=MESSAGE, profile=COMMON):
    return b"".join(write(message, profile))


def asked_for(data):
    return [record for record in instructions.read(data) if isinstance(record, instructions.Instruction)]


def test_the_golden_message_is_written_byte_for_byte():
    assert written() == (GOLDEN / "pain.001.001.09.xml").read_bytes()


PROFILES = {
    "03": BankProfile.shipped("common-03"),
    "09": COMMON,
    "12": BankProfile.shipped("common-12"),
    "hsbc": BankProfile.shipped("hsbc"),
    "on each payment": replace(COMMON, marker_place=MarkerPlace.PAYMENT),
    "iban": replace(COMMON, account_form=AccountForm.IBAN),
    "fourteen digits": replace(COMMON, account_form=AccountForm.FOURTEEN_DIGITS, scheme_name="", clearing_system=""),
    "end-to-end": replace(
        COMMON, reference_place=ReferencePlace.END_TO_END_ID, batch_booking=True, charge_bearer="SLEV"
    ),
    "local": replace(COMMON, in_utc=False, bacs=Marker(local_instrument_proprietary="BACS"), batch_booking=False),
}


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_written_is_valid_by_the_official_schema(name, assert_valid):
    profile = PROFILES[name]
    address = Address("TOWN", "GB", "HIGH STREET", "1", "AB1 2CD", ("COUNTY HALL",))
    is_old = profile.version is Version.V03
    full = FIRST._replace(
        iban="GB29NWBK60161331926819",
        uetr="" if is_old else UETR,
        instruction_id="I-1",
        address=address,
        roll_number="D/1-2",
    )
    plain = SECOND._replace(iban="GB29NWBK60161331926819", reference="")
    party = replace(COUNCIL, lei="" if is_old else "5493001KJTIIGC8Y1R12", address=address)
    message = with_payments(full, plain, debtor=party, debtor_iban="GB29NWBK60161331926819")
    assert_valid(written(replace(message, initiating_party=party), profile), profile.version)


@pytest.mark.parametrize(
    ("payment", "error", "fact"),
    [
        (FIRST._replace(amount_pence=0), AmountRefused, AmountReason.ZERO),
        (FIRST._replace(amount_pence=-5), AmountRefused, AmountReason.NEGATIVE),
        (FIRST._replace(amount_pence=1.5), AmountRefused, AmountReason.NOT_WHOLE_PENCE),
        (FIRST._replace(amount_pence=2_000_000_001), AmountRefused, AmountReason.TOO_LARGE),
        (FIRST._replace(end_to_end_id=""), FieldRefused, FieldReason.EMPTY),
        (FIRST._replace(end_to_end_id="E" * 36), FieldTooLong, "end_to_end_id"),
        (FIRST._replace(name=""), FieldRefused, "name"),
        (FIRST._replace(name="N" * 19), FieldTooLong, "name"),
        (FIRST._replace(name="Zoë"), NotInCharacterSet, "name"),
        (FIRST._replace(name="A\nB"), NotInCharacterSet, "name"),
        (FIRST._replace(name="</Nm>"), NotInCharacterSet, "name"),
        (FIRST._replace(name=" A"), FieldRefused, "name"),
        (FIRST._replace(name="A "), FieldRefused, "name"),
        (FIRST._replace(reference="R" * 19), FieldTooLong, "reference"),
        (FIRST._replace(roll_number="R" * 19), FieldTooLong, "reference"),
        (FIRST._replace(sort_code="20295"), FieldRefused, FieldReason.WRONG_LENGTH),
        (FIRST._replace(account_number="6374847X"), FieldRefused, FieldReason.NOT_DIGITS),
        (FIRST._replace(uetr=UETR.upper()), FieldRefused, "uetr"),
        (FIRST._replace(uetr=UETR.replace("-42", "-12")), FieldRefused, "uetr"),
        (FIRST._replace(address=Address("TOWN", "gb")), FieldRefused, "country"),
        (FIRST._replace(address=Address("", "GB")), FieldRefused, "town"),
        (FIRST._replace(address=Address("TOWN", "GB", lines=("A", "B", "C"))), FieldRefused, "address_lines"),
    ],
)
def test_a_payment_that_cannot_be_sent_is_refused_with_its_number(payment, error, fact):
    with pytest.raises(ItemRefused) as refused:
        written(with_payments(SECOND, payment, count=2, total_pence=1))
    cause = refused.value.cause
    assert refused.value.number == 2
    assert type(cause) is error
    assert fact in (getattr(cause, "reason", None), getattr(cause, "field", None))
    with pytest.raises(error):
        check_payment(payment, COMMON, Scheme.BACS.limit_pence)


def test_a_faster_payment_has_a_lower_limit():
    million = FIRST._replace(amount_pence=100_000_000)
    assert written(with_payments(million, scheme=Scheme.FASTER_PAYMENTS))
    with pytest.raises(ItemRefused, match="too large"):
        written(with_payments(million._replace(amount_pence=100_000_001), scheme=Scheme.FASTER_PAYMENTS))


@pytest.mark.parametrize(
    ("message", "profile", "reason"),
    [
        (replace(MESSAGE, batches=()), COMMON, MessageReason.NO_BATCHES),
        (replace(MESSAGE, batches=(BATCH, BATCH)), COMMON, MessageReason.IDENTIFIER_TWICE),
        (with_payments(), COMMON, MessageReason.NO_PAYMENTS),
        (MESSAGE, BankProfile.shipped("lhv"), MessageReason.SCHEME_NOT_OFFERED),
        (MESSAGE, replace(COMMON, payments_per_file=1), MessageReason.TOO_MANY_PAYMENTS),
        (replace(MESSAGE, created_at=datetime(2026, 9, 14)), COMMON, MessageReason.INSTANT_WITHOUT_ZONE),
        (replace(MESSAGE, batches=(replace(BATCH, payments=iter(())),)), COMMON, MessageReason.TOTALS_UNKNOWN),
        (with_payments(FIRST, count=2, total_pence=12550), COMMON, MessageReason.TOTALS_DIFFER),
        (with_payments(FIRST, count=1, total_pence=12551), COMMON, MessageReason.TOTALS_DIFFER),
        (
            replace(MESSAGE, initiating_party=replace(COUNCIL, lei="5493001KJTIIGC8Y1R12")),
            BankProfile.shipped("common-03"),
            MessageReason.NOT_IN_VERSION,
        ),
    ],
)
def test_a_message_that_a_bank_would_reject_is_refused(message, profile, reason):
    with pytest.raises(MessageRefused) as refused:
        written(message, profile)
    assert refused.value.reason is reason


@pytest.mark.parametrize("ids", [("A", "A"), ("B", "A", "B"), ("C", "A", "B", "A")])
def test_an_end_to_end_id_used_twice_is_refused(ids):
    with pytest.raises(ItemRefused, match="twice") as refused:
        written(with_payments(*(FIRST._replace(end_to_end_id=each) for each in ids)))
    assert refused.value.number == len(ids)


def test_an_id_used_twice_is_noticed_over_blocks_in_and_out_of_order():
    ids = [f"E{place:05}" for place in range(2500)]
    payments = [FIRST._replace(end_to_end_id=each) for each in (*ids, "A", "E00007")]
    with pytest.raises(ItemRefused) as refused:
        written(with_payments(*payments))
    assert refused.value.number == 2502


def test_payments_may_come_from_a_generator_when_their_totals_are_known():
    message = with_payments(count=2, total_pence=212550)
    batch = replace(message.batches[0], payments=(each for each in (FIRST, SECOND)))
    assert written(replace(message, batches=(batch,))) == written()


def test_an_iban_profile_needs_ibans():
    profile = replace(COMMON, account_form=AccountForm.IBAN)
    with pytest.raises(ItemRefused) as refused:
        written(with_payments(FIRST, debtor_iban="GB29NWBK60161331926819"), profile)
    assert isinstance(refused.value.cause, AccountRefused)


def test_the_time_of_creation_is_written_as_the_bank_wants_it():
    noon_in_oslo = datetime(2026, 9, 14, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    message = replace(MESSAGE, created_at=noon_in_oslo)
    assert b"<CreDtTm>2026-09-14T10:00:00Z<" in written(message)
    assert b"<CreDtTm>2026-09-14T11:00:00<" in written(message, replace(COMMON, in_utc=False))


def test_a_roll_number_takes_the_references_place():
    assert b"<Ustrd>D/1234</Ustrd>" in written(with_payments(FIRST._replace(roll_number="D/1234")))


@pytest.mark.parametrize("name", ["common", "common-03", "common-12", "hsbc", "lhv", "goldman-sachs", "bankline"])
def test_every_shipped_profile_can_be_loaded_and_written_with(name, assert_valid):
    profile = BankProfile.shipped(name)
    scheme = Scheme.BACS if profile.bacs else Scheme.FASTER_PAYMENTS
    simple = FIRST._replace(name="A N OTHER")
    assert_valid(written(with_payments(simple, scheme=scheme), profile), profile.version)


@pytest.mark.parametrize(
    "settings",
    [{"colour": "blue"}, {"version": "pain.001.001.99"}, {"bacs": {"speed": "slow"}}, {"characters": "ebcdic"}],
)
def test_a_profile_with_an_unknown_setting_is_refused(settings):
    with pytest.raises(MessageRefused) as refused:
        BankProfile.from_mapping(settings)
    assert refused.value.reason is MessageReason.PROFILE_SETTING


def test_a_profile_that_is_not_shipped_is_refused():
    with pytest.raises(MessageRefused):
        BankProfile.shipped("no such bank")


def test_a_message_is_read_back_with_its_headers():
    group, batch, first, second = instructions.read(written())
    assert (group.message_id, group.count, group.total_pence) == ("HSF-417-1", 2, 212550)
    assert (batch.batch_id, batch.execution_day, batch.service_level) == ("HSF-417", date(2026, 9, 17), "NURG")
    assert (first.end_to_end_id, first.amount_pence, first.creditor_sort_code) == ("HSF-417-1", 12550, "202959")
    assert second.creditor_name == "B-B SMITH & CO"


def test_totals_that_are_wrong_are_told_when_reading():
    data = written().replace(b"<NbOfTxs>2</NbOfTxs><CtrlSum>2125.50", b"<NbOfTxs>3</NbOfTxs><CtrlSum>2125.51")
    mismatches = [record for record in instructions.read(data) if hasattr(record, "said")]
    assert [each.what for each in mismatches] == [
        "batch HSF-417 count",
        "batch HSF-417 pence",
        "message count",
        "message pence",
    ]


signs = st.text("ABZ019.&/-", min_size=1, max_size=18)
payments = st.builds(
    Payment,
    st.text("ABZ019./&-", min_size=1, max_size=35),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.integers(1, 2_000_000_000),
    signs,
    st.one_of(st.just(""), signs),
    st.one_of(st.just(""), signs),
    iban=st.just(""),
    uetr=st.one_of(st.just(""), st.uuids(version=4).map(str)),
    instruction_id=st.one_of(st.just(""), signs),
    address=st.none(),
)


@given(st.lists(payments, min_size=1, max_size=6, unique_by=lambda payment: payment.end_to_end_id))
def test_what_is_written_can_be_read_back(some):
    found = asked_for(written(with_payments(*some)))
    assert len(found) == len(some)
    for read, sent in zip(found, some, strict=True):
        assert (read.end_to_end_id, read.uetr, read.amount_pence) == (sent.end_to_end_id, sent.uetr, sent.amount_pence)
        assert (read.creditor_sort_code, read.creditor_account) == (sent.sort_code, sent.account_number)
        assert (read.creditor_name, read.remittance) == (sent.name, sent.roll_number or sent.reference)


@given(st.builds(Payment, st.text(max_size=4), st.text("0123456789 ", max_size=7), st.text("0123456789", max_size=9),
                 st.integers(-1, 3_000_000_000), st.text(max_size=4), st.text(max_size=3), roll_number=st.just(""),
                 iban=st.just(""), uetr=st.just(""), instruction_id=st.just(""), address=st.none()))  # fmt: skip
def test_the_quick_check_of_a_block_refuses_what_the_thorough_one_refuses(payment):
    try:
        check_payment(payment, COMMON, Scheme.BACS.limit_pence)
    except BacsError as cause:
        expected = type(cause)
    else:
        assert written(with_payments(payment))
        return
    with pytest.raises(ItemRefused) as refused:
        written(with_payments(payment))
    assert type(refused.value.cause) is expected


def test_the_iso_set_is_taken_where_the_bank_says_so():
    profile = replace(COMMON, characters=CharacterSet.ISO20022, name_width=40)
    assert b"<Nm>O'Brien (UK)</Nm>" in written(with_payments(FIRST._replace(name="O'Brien (UK)")), profile)
    with pytest.raises(ItemRefused):
        written(with_payments(SECOND), profile)


def test_a_message_written_in_pieces_is_the_same_bytes():
    pence = FIRST.amount_pence + SECOND.amount_pence
    batch = replace(BATCH, payments=(), count=2, total_pence=pence)
    pieces = Pieces(replace(MESSAGE, batches=(batch,)), COMMON)
    parts = [b"".join(pieces.records([payment], before=place)) for place, payment in enumerate((FIRST, SECOND))]
    assert pieces.opening() + b"".join(parts) + pieces.closing() == written()
