from datetime import UTC, date, datetime

import pytest

from payouts.web import figures


@pytest.mark.parametrize(
    ("pence", "written"),
    [
        (0, "£0.00"),
        (5, "£0.05"),
        (123450, "£1,234.50"),
        (-5, "-£0.05"),
        (-123456789, "-£1,234,567.89"),
        (2**53 + 1, "£90,071,992,547,409.93"),
    ],
)
def test_pence_are_written_as_pounds_to_the_penny(pence, written):
    assert figures.pounds(pence) == written


@pytest.mark.parametrize(("number", "written"), [(0, "0 rows"), (1, "1 row"), (5000, "5,000 rows")])
def test_a_count_agrees_with_its_noun(number, written):
    assert figures.count(number, "row") == written


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 11, 25, 9, 5, tzinfo=UTC), "25 November 2026 at 9:05am"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "2 July 2026 at 12:30am"),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "1 July 2026 at midday"),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), "31 December 2026 at midnight"),
        (datetime(2026, 12, 31, 17, 30, tzinfo=UTC), "31 December 2026 at 5:30pm"),
    ],
)
def test_an_instant_is_told_in_london_time(instant, written):
    assert figures.instant(instant) == written


def test_a_business_date_is_told_with_its_weekday():
    assert figures.weekday(date(2026, 11, 25)) == "Wednesday 25 November 2026"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.2, "1 second"), (30, "30 seconds"), (59.5, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_whoever_waits_as_long_as_told_has_waited_long_enough(seconds, written):
    assert figures.wait(seconds) == written


@pytest.mark.parametrize(
    ("octets", "written"), [(1, "1 byte"), (640_000, "640 kB"), (50 * 1024 * 1024, "52 MB"), (50_000_000, "50 MB")]
)
def test_a_size_is_told_as_file_managers_tell_it(octets, written):
    assert figures.file_size(octets) == written
