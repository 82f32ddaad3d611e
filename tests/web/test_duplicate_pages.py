"""Payees who may be one, in the browser: found, looked at side by side, and told apart."""

from __future__ import annotations

import pytest

from schemes.person import Role
from tests.duplicating import a_shared_account

HEADER = "reference,beneficiary_name,amount,start_date,end_date,account_name,sort_code,account_number\n"
ROWS = (
    "A-1,Mary Watson,100.00,2026-04-01,2026-10-31,M Watson,20-29-59,63748472\n"
    "A-2,Watson Mary,120.00,2026-11-01,,M Watson,20-29-59,63748472\n"
)


@pytest.fixture
def twins(office):
    import_id = office.bring_in((HEADER + ROWS).encode())
    office.keep(import_id)
    office.confirm(import_id)


def test_two_records_are_seen_side_by_side_and_told_apart_for_good(twins, preparer):
    preparer.get(preparer.get("/payees").link("may be one person"))
    [row] = preparer.page.table("pairs")
    assert row[2] == "Same name, same bank account"
    page = preparer.get(preparer.page.link("A-1"))
    rows = {row[0]: row[1:] for row in page.table("sides")}
    assert rows["Bank account"] == ["M Watson, ending 8472", "M Watson, ending 8472", "Same"]
    assert rows["Awards"][:2] == ["£100.00 from 1 April 2026 to 31 October 2026", "£120.00 from 1 November 2026"]
    assert "63748472" not in page.text
    preparer.get(page.link("They are two people"))
    assert preparer.press("They are two people").errors == ["Say how you know that they are two people"]
    page = preparer.press("They are two people", reason="Mother and daughter with one account")
    assert page.done[0].startswith("You said that they are two people")
    assert "No two payees are probably one person." in page.text
    page = preparer.get(page.link("Found to be two people"))
    assert "Mother and daughter with one account" in page.table("pairs")[0][2]
    page = preparer.get(preparer.get(page.link("A-1")).response.request.path + "/not-same")
    assert "settled already" in page.text


def test_somebody_asks_for_the_whole_register(twins, preparer, office):
    preparer.get("/duplicates")
    page = preparer.press("Look through the whole register")
    assert page.done == ["The service is looking through the register. Load this page again to see what it finds"]
    assert "0 of 2 records compared" in page.text
    office.work()
    assert "(2 records compared)" in preparer.get("/duplicates").text


def test_whoever_decides_nothing_sees_the_pair_and_no_form(twins, signed_in):
    releaser = signed_in(Role.RELEASER)
    page = releaser.get("/duplicates")
    assert not page.has_button("Look through")
    page = releaser.get(page.link("A-1"))
    assert "says whether they are one person or two" in page.text
    assert releaser.get(page.response.request.path + "/not-same").status == 403


def test_one_child_under_two_parents_is_told_apart_or_taken_for_one(office, preparer, signed_in):
    rows = "".join(
        f"{reference},Tom Watson,{days},50.00,M Watson,20-29-59,63748472,P-{reference},Parent {reference},parent\n"
        for reference, days in (("C-1", "2026-04-01,2026-10-31"), ("C-2", "2026-11-01,"))
    )
    columns = (
        "reference,beneficiary_name,start_date,end_date,amount,account_name,sort_code,account_number,"
        "payee_reference,payee_name,payee_role\n"
    )
    office.confirm(kept_import(office, (columns + rows).encode()))
    preparer.get(preparer.get("/duplicates").link("Beneficiaries who may be one person"))
    page = preparer.get(preparer.page.link("Possibly one person"))
    page = preparer.get(page.link("C-1"))
    sides = {row[0]: row[1:] for row in page.table("sides")}
    assert [cell.split(" (")[0] for cell in sides["Who receives the money"][:2]] == ["Parent C-1", "Parent C-2"]
    assert "C-1 and C-2: possibly one person" in preparer.get(page.link("Parent C-1")).text
    preparer.get(preparer.get(page.response.request.path).link("They are two people"))
    assert preparer.press("They are two people").errors == ["Say how you know that they are two people"]
    preparer.get(preparer.get(page.response.request.path).link("They are one person"))
    assert preparer.press("Propose to take them for one").errors == ["Say how you know that they are one person"]
    page = preparer.press("Propose to take them for one", reason="One birth certificate")
    before, after = "beneficiary C-2, somebody of their own", "the same person as beneficiary C-1"
    assert page.table("rows") == [["The second record", before, after]]
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get("/").link("Beneficiaries C-1 and C-2: one person"))
    finance.press("Save the decision", decision="confirm", code=finance.code())
    page = finance.get(finance.get("/duplicates/beneficiaries?show=merged").link("C-1"))
    finance.get(page.link("They are two people after all"))
    page = finance.press("Propose to undo it", reason="Cousins of one name")
    assert "Beneficiaries C-1 and C-2: two people after all" in page.text


def test_an_account_of_many_is_settled_for_all_and_says_who_said_so(office, preparer):
    account_id = a_shared_account_of_the_register(office)
    page = preparer.get(preparer.get("/duplicates").link("Accounts that many payees have"))
    assert page.table("shared")[0][1:3] == ["12", "To be looked at"]
    preparer.get(preparer.get(f"/duplicates/accounts/{account_id}").link("Say whose account it is"))
    assert preparer.press("Save").errors == ["Choose whose account it is", "Say how you know"]
    page = preparer.press("Save", holder="provider", reason="Their invoice says so")
    assert page.table("said")[0][2:] == ["A care provider’s", "Their invoice says so", "12"]
    assert page.table("sharers")[0][0] == "A-1"
    assert len(preparer.get("/duplicates/accounts?show=settled").table("shared")) == 1
    assert "No account of many payees waits" in preparer.get("/duplicates/accounts").text


def a_shared_account_of_the_register(office):
    office.confirm(kept_import(office, (HEADER + ROWS).encode()))
    return a_shared_account(office)


def test_an_address_with_an_unknown_word_shows_the_likely_pairs(twins, preparer):
    page = preparer.get("/duplicates?show=nonsense&after=x")
    assert len(page.table("pairs")) == 1


def test_two_records_become_one_when_a_second_person_says_so(twins, preparer, signed_in):
    preparer.get(preparer.get(preparer.get("/duplicates").link("A-1")).link("They are one person"))
    page = preparer.press("Propose to merge them")
    assert page.errors == ["Choose which record stays", "Say how you know that they are one person"]
    kept = next(r["value"] for r in page.soup.select("input[name=kept]"))
    page = preparer.press("Propose to merge them", kept=kept, reason="Both letters came with one passport")
    assert page.done == ["You proposed to merge them. Somebody else has to confirm it"]
    assert page.table("rows") == [["The awards are paid to", "payee A-2 (1 award)", "payee A-1"]]
    assert "proposed on" in preparer.get(page.link("side by side")).text
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get("/").link("Payee A-2 merged into A-1"))
    finance.press("Save the decision", decision="confirm", code=finance.code())
    page = finance.get(finance.get("/duplicates?show=merged").link("A-1"))
    assert "confirmed on" in page.text
    page = finance.get(page.link("Payee A-2"))
    assert "This record was merged into payee A-1" in page.text
    page = finance.get(page.link("payee A-1"))
    assert "Merged into this payee: payee A-2" in page.text
    preparer.get(preparer.get(preparer.get("/duplicates?show=merged").link("A-1")).link("undo the merge"))
    page = preparer.press("Propose to undo it", reason="Two passports were shown")
    assert page.table("rows") == [["What the merge moved is paid to", "payee A-1", "payee A-2"]]
    finance.get(finance.get("/").link("Payee A-2 parted from A-1 again"))
    finance.press("Save the decision", decision="confirm", code=finance.code())
    assert "Two passports were shown" in finance.get("/duplicates?show=settled").table("pairs")[0][2]


def test_one_person_with_two_awards_for_the_same_days_is_told_what_to_do_first(office, preparer):
    rows = ROWS.replace("2026-10-31", "").encode()
    office.confirm(kept_import(office, HEADER.encode() + rows))
    preparer.get("/payees")
    page = preparer.get(preparer.get("/duplicates").link("A-1"))
    page = preparer.get(page.link("They are one person"))
    kept = next(r["value"] for r in page.soup.select("input[name=kept]"))
    page = preparer.press("Propose to merge them", kept=kept, reason="one passport")
    assert page.status == 422
    assert "end the other one, and come back" in page.errors[0]


def kept_import(office, content):
    import_id = office.bring_in(content)
    office.keep(import_id)
    return import_id
