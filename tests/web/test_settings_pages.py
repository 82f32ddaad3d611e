"""A body's settings in the browser."""

from __future__ import annotations

import pytest

from schemes.person import Role


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


def test_an_administrator_changes_name_and_colour_and_every_page_shows_them(administrator, preparer):
    administrator.get(administrator.get("/settings").link("Change name"))
    page = administrator.press("Save", name="Haven Fund", colour="#003078", contact_phone="01632 960001")
    assert page.done == ["You changed the settings of the body"]
    assert "+441632960001" in page.text
    page = preparer.get("/")
    assert page.title.endswith("– Haven Fund")
    assert "/colours/003078.css" in page.response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "Enter the name of the body"),
        ({"colour": "#ffdd00"}, "Enter a darker colour: lines of this one can hardly be seen on white pages"),
        ({"contact_email": "x"}, "Enter an email address in the correct format, like name@example.com"),
        ({"contact_phone": "1"}, "Enter a phone number, like 01632 960001, or one from abroad that begins with +"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(administrator, changes, says):
    administrator.get("/settings/body")
    page = administrator.press("Save", **changes)
    assert (page.status, page.errors) == (422, [says])


def test_others_read_the_settings_and_are_offered_no_change(preparer):
    page = preparer.get("/settings")
    assert "Sandbox: it behaves like a live body and moves no money" in page.text
    assert "6 financial years and the current one" in page.text
    assert "Change name" not in page.text
    assert preparer.get("/settings/body").status == 403


def test_how_long_records_are_kept_is_proposed_and_confirmed(administrator, signed_in):
    administrator.get(administrator.get("/settings").link("Propose a change"))
    assert administrator.press("Propose the change", years="many", reason="x").errors == [
        "Enter a number of years from 1 to 30"
    ]
    page = administrator.press("Propose the change", years="10", reason="The grant's rules")
    assert page.table("rows") == [["Kept besides the current financial year", "6 years", "10 years"]]
    approver = signed_in(Role.APPROVER)
    approver.get(approver.get("/settings").link("See the proposed change"))
    approver.press("Save the decision", decision="confirm", code=approver.code())
    assert "10 financial years and the current one" in approver.get("/settings").text
