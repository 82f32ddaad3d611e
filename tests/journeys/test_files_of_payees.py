"""Files that are not as we ask for them, in a real browser: other columns, a row to correct, an old payment file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from schemes.person import Role

pytestmark = pytest.mark.browser

THEIRS = (
    "Client ID;First name;Surname;Weekly Amount;Date from;Account holder;Sortcode;Account No\r\n"
    "C-1;Zoë;Example;120.50;25/04/2026;Z Example;89999;66374958\r\n"
    "C-2;Bob;Example;-1;25/04/2026;B Example;08-99-99;66374958\r\n"
)
PAYMENTS = Path(__file__).parents[1] / "golden" / "standard18" / "single-day.txt"


def test_other_columns_a_row_to_correct_and_an_old_payment_file(desk):
    preparer = desk(Role.PREPARER)
    page = preparer.page
    send(preparer, {"name": "care.csv", "mimeType": "text/csv", "buffer": THEIRS.encode("cp1252")})
    page.get_by_role("button", name="Say what the columns are").click()
    preparer.look("What are the columns of this file?")
    page.get_by_label("Where does the file come from?").fill("Care system")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("table", name="Rows that we put right")).to_contain_text("“Zoë Example”")
    preparer.look("care.csv")
    page.get_by_role("link", name="Correct line 3").click()
    preparer.look("Correct line 3")
    page.get_by_label("Amount").fill("1")
    page.get_by_role("button", name="Save and read again").click()
    expect(page.get_by_text("Line 3 is good now")).to_be_visible()
    page.get_by_label("Keep all rows, or none").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Someone other than")).to_be_visible()
    page.goto(f"{preparer.site.url}/imports/sources")
    preparer.look("Sources of files")

    send(preparer, PAYMENTS)
    page.get_by_role("button", name="Look at the payments").click()
    preparer.look("Take the payments of this file as awards")
    for part, value in (("Day", "1"), ("Month", "12"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Read the payments").click()
    expect(page.get_by_text("The rows are the payments of a Bacs Standard 18 file")).to_be_visible()
    preparer.look("single-day.txt")


def send(preparer, file) -> None:
    page = preparer.page
    page.goto(f"{preparer.site.url}/imports/new")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_text("What happens next")).to_be_visible()
    preparer.look()
