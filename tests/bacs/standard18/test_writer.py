"""Writing submissions: the worked example byte for byte, and what is refused."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import (
    AmountReason,
    AmountRefused,
    BacsError,
    FieldReason,
    FieldRefused,
    FieldTooLong,
    ItemRefused,
    NotInCharacterSet,
    SubmissionReason,
    SubmissionRefused,
)
from bacs.standard18 import (
    Credit,
    OriginatingAccount,
    Pieces,
    Practice,
    Section,
    Submission,
    UserFile,
    check_credit,
    read_submission,
    validate,
    write,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "standard18"
ACCOUNT = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
CREDITS = (
    Credit("202959", "63748472", 12550, "A N OTHER", "HSF-2026-000101"),
    Credit("107999", "88837491", 200000, "B-B SMITH & CO", "HSF-2026-000102"),
)
SECTION = Section(ACCOUNT, date(2026, 9, 16), CREDITS, "HSF PAYRUN 417")
USER_FILE = UserFile("912345", "EXAMPLE COUNCIL", 417, (SECTION,))
EXAMPLE = Submission("000417", "912345", date(2026, 9, 14), (USER_FILE,))


def with_sections(*sections: Section) -> Submission:
    return replace(EXAMPLE, user_files=(replace(USER_FILE, sections=sections),))


def with_section(section: Section, **changes: object) -> Submission:
    return replace(EXAMPLE, user_files=(replace(USER_FILE, sections=(section,), **changes),))


def with_credits(*credits: Credit, **changes: object) -> Submission:
    return with_section(replace(SECTION, credits=credits), **changes)


def written(submission: Submission) -> bytes:
    return b"".join(write(submission))


def records(submission: Submission) -> list[str]:
    return written(submission).decode("ascii").split("\r\n")[:-1]


def test_the_worked_example_is_written_byte_for_byte():
    assert written(EXAMPLE) == (GOLDEN / "single-day.txt").read_bytes()


def test_a_submission_is_the_same_bytes_each_time():
    assert written(EXAMPLE) == written(EXAMPLE)


def test_every_record_ends_in_cr_lf_and_has_its_length():
    lengths = [len(record) for record in records(EXAMPLE)]
    assert lengths == [80, 80, 80, 80, 100, 100, 100, 80, 80, 80]
    assert written(EXAMPLE).endswith(b"\r\n")


def test_payments_may_come_from_a_generator_and_are_read_once():
    def generate():
        yield from CREDITS

    assert written(with_section(replace(SECTION, credits=generate()))) == written(EXAMPLE)


def test_a_number_as_serial_is_filled_with_zeros():
    assert written(replace(EXAMPLE, serial_number="417")) == written(EXAMPLE)


def test_a_roll_number_takes_the_references_place():
    credit = Credit("202959", "63748472", 100, "A N OTHER", "HSF-2026-000101", "D/12345678-9")
    assert records(with_credits(credit))[4][64:82] == "D/12345678-9      "


def test_a_payment_to_no_account_is_written_when_it_has_a_name():
    credit = Credit("202959", "00000000", 100, "A N OTHER", "D/12345678-9")
    assert records(with_credits(credit))[4][6:14] == "00000000"


@pytest.mark.parametrize(
    ("credit", "error", "fact"),
    [
        (CREDITS[0]._replace(amount_pence=0), AmountRefused, AmountReason.ZERO),
        (CREDITS[0]._replace(amount_pence=-1), AmountRefused, AmountReason.NEGATIVE),
        (CREDITS[0]._replace(amount_pence=2_000_000_001), AmountRefused, AmountReason.TOO_LARGE),
        (CREDITS[0]._replace(amount_pence=10**11), AmountRefused, AmountReason.TOO_LARGE),
        (CREDITS[0]._replace(amount_pence=125.5), AmountRefused, AmountReason.NOT_WHOLE_PENCE),
        (CREDITS[0]._replace(amount_pence="125"), AmountRefused, AmountReason.NOT_WHOLE_PENCE),
        (CREDITS[0]._replace(account_name="A" * 19), FieldTooLong, "account_name"),
        (CREDITS[0]._replace(account_name="Zoë"), NotInCharacterSet, "account_name"),
        (CREDITS[0]._replace(account_name=" A N OTHER"), FieldRefused, FieldReason.STARTS_WITH_SPACE),
        (CREDITS[0]._replace(reference="A" * 19), FieldTooLong, "reference"),
        (CREDITS[0]._replace(reference="a"), NotInCharacterSet, "reference"),
        (CREDITS[0]._replace(reference="CONTRABAND"), FieldRefused, FieldReason.STARTS_WITH_CONTRA),
        (CREDITS[0]._replace(roll_number="CONTRA"), FieldRefused, FieldReason.STARTS_WITH_CONTRA),
        (CREDITS[0]._replace(roll_number="1" * 19), FieldTooLong, "reference"),
        (CREDITS[0]._replace(sort_code="20295"), FieldRefused, FieldReason.WRONG_LENGTH),
        (CREDITS[0]._replace(sort_code="2029590"), FieldTooLong, "destination_sort_code"),
        (CREDITS[0]._replace(sort_code="20295", account_number="637484721"), FieldRefused, FieldReason.WRONG_LENGTH),
        (CREDITS[0]._replace(account_number="6374847"), FieldRefused, FieldReason.WRONG_LENGTH),
        (CREDITS[0]._replace(account_number="6374847²"), FieldRefused, FieldReason.NOT_DIGITS),
        (CREDITS[0]._replace(account_number="00000000", account_name=""), FieldRefused, FieldReason.NAME_MISSING),
        (CREDITS[0]._replace(account_number="00000000", account_name="  "), FieldRefused, FieldReason.NAME_MISSING),
        (CREDITS[0]._replace(account_name="A\r\n" + "2" * 100), FieldTooLong, "account_name"),
    ],
)
def test_a_payment_that_cannot_be_sent_is_refused_with_its_number(credit, error, fact):
    with pytest.raises(ItemRefused) as refused:
        written(with_credits(*CREDITS, credit))
    cause = refused.value.cause
    assert refused.value.number == 3
    assert type(cause) is error
    assert fact in (getattr(cause, "reason", None), getattr(cause, "field", None))
    with pytest.raises(error):
        check_credit(credit)


def test_a_record_hidden_in_a_name_is_refused():
    smuggled = Credit("202959", "63748472", 100, "A" * 18 + "\r\n" + records(EXAMPLE)[4], "")
    with pytest.raises(ItemRefused):
        written(with_credits(smuggled))


def test_a_payment_is_numbered_over_all_blocks_and_sections():
    good = Section(ACCOUNT, date(2026, 9, 16), CREDITS)
    other = replace(ACCOUNT, account_number="12345678")
    many = (CREDITS[0] for _ in range(4500))
    bad = Section(other, date(2026, 9, 16), (*many, CREDITS[0]._replace(amount_pence=0)))
    with pytest.raises(ItemRefused) as refused:
        written(with_sections(good, bad))
    assert refused.value.number == 4503


def test_a_sponsors_lower_limit_holds():
    with pytest.raises(ItemRefused, match="too large"):
        written(with_credits(*CREDITS, item_limit_pence=199_999))
    assert written(with_credits(*CREDITS, item_limit_pence=200_000))


def test_a_total_beyond_eleven_digits_is_balanced_by_several_contras():
    payments = [CREDITS[0]._replace(amount_pence=2_000_000_000)] * 101
    contras = [record for record in records(with_credits(*payments)) if record[64:70] == "CONTRA"]
    assert [int(record[35:46]) for record in contras] == [99_999_999_999, 99_999_999_999, 2_000_000_002]
    trailer = records(with_credits(*payments))[-1]
    assert trailer[4:44] == "0202000000000" + "0202000000000" + "0000003" + "0000101"


def test_a_total_of_just_eleven_digits_needs_one_contra():
    payments = [CREDITS[0]._replace(amount_pence=2_000_000_000)] * 49 + [
        CREDITS[0]._replace(amount_pence=1_999_999_999)
    ]
    contras = [record for record in records(with_credits(*payments)) if record[64:70] == "CONTRA"]
    assert [int(record[35:46]) for record in contras] == [99_999_999_999]


def test_each_account_has_its_own_contra_after_its_payments():
    other = OriginatingAccount("107999", "88837491", "OTHER ACCOUNT")
    second = Section(other, SECTION.processing_day, CREDITS[:1], "SECOND")
    data = records(with_sections(SECTION, second))[4:9]
    assert [(record[17:31], record[64:70], int(record[35:46])) for record in data] == [
        ("08999966374958", "HSF-20", 12550),
        ("08999966374958", "HSF-20", 200000),
        ("08999966374958", "CONTRA", 212550),
        ("10799988837491", "HSF-20", 12550),
        ("10799988837491", "CONTRA", 12550),
    ]


@pytest.mark.parametrize(
    ("submission", "reason"),
    [
        (replace(EXAMPLE, user_files=()), SubmissionReason.NO_USER_FILES),
        (with_sections(), SubmissionReason.NO_SECTIONS),
        (with_credits(), SubmissionReason.NO_CREDITS),
        (with_sections(SECTION, SECTION), SubmissionReason.SAME_SECTION_TWICE),
        (with_sections(SECTION, replace(SECTION, processing_day=date(2026, 9, 17))), SubmissionReason.SEVERAL_DAYS),
        (replace(EXAMPLE, user_files=(USER_FILE, USER_FILE)), SubmissionReason.SAME_FILE_NUMBER_TWICE),
        (with_section(SECTION, expires_on=date(2026, 9, 16)), SubmissionReason.EXPIRES_TOO_EARLY),
    ],
)
def test_a_submission_that_cannot_be_a_file_is_refused(submission, reason):
    with pytest.raises(SubmissionRefused) as refused:
        written(submission)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("submission", "field"),
    [
        (replace(EXAMPLE, serial_number="000000"), "serial_number"),
        (replace(EXAMPLE, serial_number=""), "serial_number"),
        (replace(EXAMPLE, serial_number="abc123"), "serial_number"),
        (replace(EXAMPLE, serial_number="1234567"), "serial_number"),
        (replace(EXAMPLE, submitter="12345"), "submitter"),
        (with_section(SECTION, service_user_number="91234"), "service_user_number"),
        (with_section(SECTION, service_user_name="Example"), "user_name"),
        (with_section(SECTION, file_number=0), "file_number"),
        (with_section(SECTION, file_number=1000), "file_number"),
        (with_section(replace(SECTION, narrative="N" * 19)), "user_name"),
        (with_section(replace(SECTION, account=replace(ACCOUNT, name="N" * 19))), "account_name"),
        (with_section(replace(SECTION, account=replace(ACCOUNT, sort_code="1"))), "originating_sort_code"),
    ],
)
def test_a_label_that_cannot_be_written_is_refused_before_the_first_byte(submission, field):
    with pytest.raises(BacsError) as refused:
        write(submission)
    assert refused.value.field == field


def test_a_bureau_submits_under_its_own_number():
    submission = replace(EXAMPLE, submitter="B12345")
    assert records(submission)[0][41:47] == "B12345"
    assert records(submission)[1][5:11] == "912345"


def test_a_banks_practice_is_followed_where_the_sources_disagree():
    practice = Practice(bank_marker="HSBC", file_identifier_end="1", block_length="00000", free_format="0000")
    volume, hdr1, hdr2, _, credit, *_ = records(replace(EXAMPLE, practice=practice))
    assert (volume[31:37], hdr1[14], hdr2[5:10], credit[31:35]) == ("HSBC  ", "1", "00000", "0000")


text = st.text("ABCXYZ019.&/- ", max_size=18).filter(lambda value: not value.startswith(" "))
odd_text = st.one_of(text, st.text(max_size=20))
good_credits = st.builds(
    Credit,
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.integers(1, 2_000_000_000),
    text.filter(bool),
    text,
    st.one_of(st.just(""), text.filter(bool)),
)
odd_credits = st.builds(
    Credit,
    st.one_of(st.from_regex(r"[0-9]{6}", fullmatch=True), st.text("0123456789 x", max_size=8)),
    st.one_of(st.from_regex(r"[0-9]{8}", fullmatch=True), st.just("00000000"), st.text("0123456789 x", max_size=10)),
    st.one_of(st.integers(1, 2_000_000_000), st.integers(-1, 10**12)),
    odd_text,
    st.one_of(odd_text, st.just("CONTRA")),
)


@given(st.lists(good_credits, min_size=1, max_size=6))
def test_what_is_written_can_be_read_back(payments):
    submission = with_credits(*payments)
    assert read_submission(written(submission)) == submission.as_sent()


@given(odd_credits)
def test_the_quick_check_of_a_block_refuses_what_the_thorough_one_refuses(credit):
    try:
        check_credit(credit)
    except BacsError as cause:
        expected = type(cause)
    else:
        assert written(with_credits(credit))
        return
    with pytest.raises(ItemRefused) as refused:
        written(with_credits(credit))
    assert type(refused.value.cause) is expected


def test_a_bureaus_submission_of_several_days_accounts_and_users_is_written_byte_for_byte():
    first, second = date(2026, 12, 24), date(2026, 12, 29)
    main = OriginatingAccount("089999", "66374958", "HARBOUR MAIN")
    other = OriginatingAccount("202959", "63748472", "HARBOUR SECOND")
    monthly = Credit("202959", "63748472", 10000, "A N OTHER", "HILF 0001")
    rolled = Credit("107999", "88837491", 20050, "SIAN LLYR-WYN", "HILF 0002", roll_number="D/12345678-9")
    harbour = UserFile(
        "912345",
        "HARBOUR FUND",
        1,
        (
            Section(main, first, (monthly, rolled), "PAYRUN 9"),
            Section(main, second, (monthly,), "PAYRUN 9"),
            Section(other, first, (Credit("086090", "06774744", 1, "OBRIEN & CO"),)),
        ),
        multi_day=True,
        expires_on=date(2027, 1, 4),
    )
    town = UserFile(
        "777777",
        "TOWN COUNCIL",
        999,
        (
            Section(
                OriginatingAccount("107999", "88837491", "TOWN COUNCIL"),
                first,
                (Credit("200915", "41011166", 99999, "FRANCOIS LEFEVRE", "REF.1/2"),),
                "DECEMBER",
            ),
        ),
        expires_on=date(2027, 1, 1),
    )
    submission = Submission("A00042", "B54321", date(2026, 12, 21), (harbour, town))
    golden = (GOLDEN / "bureau-multi-day.txt").read_bytes()
    assert written(submission) == golden
    assert read_submission(golden) == submission.as_sent()


@st.composite
def submissions(draw):
    """Submissions of every shape: several users, accounts and days."""
    digits = st.from_regex(r"[0-9]{8}", fullmatch=True)
    numbers = draw(st.lists(st.from_regex(r"[0-9]{6}", fullmatch=True), min_size=1, max_size=2, unique=True))
    files = []
    for number in numbers:
        multi_day = draw(st.booleans())
        accounts = draw(st.lists(digits, min_size=1, max_size=2, unique=True))
        days = draw(
            st.lists(
                st.dates(date(2026, 1, 1), date(2028, 12, 31)), min_size=1, max_size=2 if multi_day else 1, unique=True
            )
        )
        sections = tuple(
            Section(
                OriginatingAccount("089999", account, draw(text)),
                day,
                tuple(draw(st.lists(good_credits, min_size=1, max_size=3))),
                draw(text),
            )
            for account in accounts
            for day in days
        )
        files.append(UserFile(number, draw(text), draw(st.integers(1, 999)), sections, multi_day))
    serial = draw(st.from_regex(r"[A-Z0-9]{5}[A-Z1-9]", fullmatch=True))
    return Submission(serial, numbers[0], date(2026, 1, 2), tuple(files))


@given(submissions())
def test_a_submission_of_any_shape_has_no_fault_and_can_be_read_back(submission):
    data = written(submission)
    assert list(validate(data)) == []
    assert read_submission(data) == submission.as_sent()


@given(st.lists(good_credits, min_size=1, max_size=9), st.integers(1, 9), st.booleans())
def test_a_submission_written_in_pieces_is_the_same_bytes(credits, size, multi_day):
    submission = with_section(replace(SECTION, credits=credits), multi_day=multi_day)
    pieces = Pieces(with_section(replace(SECTION, credits=()), multi_day=multi_day))
    parts = [
        b"".join(pieces.records(credits[start : start + size], before=start)) for start in range(0, len(credits), size)
    ]
    closing = pieces.closing(len(credits), sum(credit.amount_pence for credit in credits))
    assert pieces.opening() + b"".join(parts) + closing == written(submission)


def test_a_credit_that_is_refused_in_a_piece_is_numbered_over_the_whole():
    with pytest.raises(ItemRefused, match="payment 6"):
        list(Pieces(EXAMPLE).records([CREDITS[0]._replace(amount_pence=0)], before=5))
