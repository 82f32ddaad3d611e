"""Bank profiles in the browser: shown masked, proposed by an administrator, confirmed by another."""

from __future__ import annotations

from datetime import time

import pytest

from payouts.web.bank_profiles import read_time
from schemes.person import Role


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


NEW = {
    "name": "Grants account",
    "sort_code": "20-29-59",
    "account_number": "63748472",
    "account_name": "Harbour Grants",
    "service_user_name": "HARBOUR FUND",
    "bureau_number": "b12345",
    "cut_off": "5pm",
    "item_limit": "1,000,000",
    "file_limit": "5,000,000",
    "items_per_file": "20,000",
    "file_format": "pain001-hsbc",
    "file_naming": "{scheme}.{serial}.txt",
    "reason": "Grants get their own account",
}


def test_an_account_is_proposed_confirmed_and_then_shown_never_whole(administrator, signed_in):
    administrator.get(administrator.get("/bank-profiles").link("Propose another account"))
    page = administrator.press("Propose this account", **NEW)
    told = {row[0]: row[2] for row in page.table("rows")}
    assert told["Account"] == "A new account, ending 8472"
    assert (told["Bureau that submits"], told["Files must be sent by"]) == ("B12345", "5pm")
    assert told["Most for one payment"] == "£1,000,000.00"
    assert told["Form of the files"] == "ISO 20022, pain.001.001.03 as HSBC UK takes it"
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get("/").link("A new account to pay from: Grants account"))
    page = finance.press("Save the decision", decision="confirm", code=finance.code())
    assert page.errors == ["Look at the whole account number first: the last four digits tell no two accounts apart"]
    page = finance.press("Show the whole account number")
    assert "63748472" in page.text
    finance.press("Save the decision", decision="confirm", code=finance.code())
    page = finance.get("/bank-profiles")
    assert [row[0] for row in page.table("profiles")] == ["Grants account", "Main account"]
    page = finance.get(page.link("Grants account"))
    assert "SANDBOX-GRANT.000012.txt" in page.text
    assert "as HSBC UK takes it" in page.text
    for address in ("/bank-profiles", "/changes", "/settings"):
        assert "63748472" not in finance.get(address).text
    assert "63748472" not in page.text


def test_a_change_keeps_the_account_where_none_is_typed(administrator, signed_in):
    page = administrator.get(administrator.get("/bank-profiles").link("Main account"))
    page = administrator.get(page.link("Propose a change of this account"))
    assert page.soup.find(id="cut_off")["value"] == "9pm"
    page = administrator.press("Propose this account", cut_off="17:30", reason="The bureau closes earlier")
    told = {row[0]: row[1:] for row in page.table("rows")}
    assert told["Files must be sent by"] == ["9pm", "5:30pm"]
    assert told["Account"] == ["Ending 4958", "Stays as it is"]
    approver = signed_in(Role.APPROVER)
    page = approver.get(approver.get("/bank-profiles").link("Main account"))
    approver.get(page.link("look at the proposed change"))
    approver.press("Save the decision", decision="confirm", code=approver.code())
    page = approver.get(approver.get("/bank-profiles").link("Main account"))
    assert [row[0] for row in page.table("versions")] == ["2 Counts now", "1"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"account_number": "63748473"}, "The sort code and account number don’t fit together: a digit is wrong"),
        ({"cut_off": "teatime"}, "Enter a time, like 5pm or 17:00"),
        ({"cut_off": "11pm"}, "Enter a time up to 10:30pm, when Bacs closes"),
        ({"items_per_file": "many"}, "Enter a number from 1 to 1,000,000"),
        ({"bureau_number": "B12"}, "Enter the bureau’s number as in its contract, like B12345, or leave it empty"),
        ({"file_limit": "5"}, "Enter an amount that is at least the most for one payment"),
        ({"reason": ""}, "Say why you propose this change"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(administrator, changes, says):
    administrator.get("/bank-profiles/new")
    page = administrator.press("Propose this account", **NEW | changes)
    assert (page.status, page.errors) == (422, [says])


def test_a_file_s_name_is_previewed_without_proposing_anything(administrator):
    administrator.get("/bank-profiles/new")
    page = administrator.press("Show what a file", file_naming="{day}-{serial}.dat", preview="Show what a file")
    assert "A file would be called SANDBOX-20261125-000012.dat" in page.text
    assert page.errors == []
    assert "No change waits" in administrator.get("/changes").text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("17:00", time(17, 0)),
        ("5pm", time(17, 0)),
        ("5:30 pm", time(17, 30)),
        ("9.30am", time(9, 30)),
        ("midday", time(12, 0)),
        ("25:00", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_write_it(typed, read):
    assert read_time(typed) == read
