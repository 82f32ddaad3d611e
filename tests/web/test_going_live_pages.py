"""The way to live in the browser: the checklist with its owners, and the request that two administrators make."""

from __future__ import annotations

import pytest

from payouts.going_live.readiness import Point
from schemes.person import Role
from tests.going_live import answer, make_ready, with_live_notify
from tests.web.one_app import app_on


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def office(office):
    return with_live_notify(office)


@pytest.fixture
def app(office):
    return app_on(office.service)


def test_a_sandbox_goes_from_an_open_list_to_the_operators_answer(office, owner, signed_in):
    administrator = signed_in(Role.ADMINISTRATOR)
    page = administrator.get(administrator.get("/settings").link("The way to live"))
    assert page.steps["Rehearsals"] == "Open"
    assert "You have completed 2 of 10 points" in page.text
    administrator.get(page.link("People are trained"))
    assert administrator.press("Save").errors == ["Choose who sees to it"]
    femi = str(office.person(Role.FINANCE).person_id)
    page = administrator.press("Save", owner=femi, words="All four decided in rehearsal 1")
    assert page.done == ["You saved it: People are trained"]
    assert page.steps["People are trained"] == "Completed"
    assert "Owner: Femi Finance" in page.text
    page = administrator.get("/go-live/ask")
    assert "7 points of the checklist are open" in page.text
    assert not page.has_button("Ask to go live")
    assert signed_in(Role.AUDITOR).get("/go-live").status == 200
    assert signed_in(Role.PREPARER).get(f"/go-live/points/{Point.TRAINED}").status == 403

    second = make_ready(office, owner)
    assert "10 of 10 points" in administrator.get("/").text
    administrator.get(administrator.get("/go-live").link("Ask to go live"))
    page = administrator.press("Ask to go live", reason="April is near", contact_email="nobody")
    assert page.errors, "payees of a live body must be able to write"
    page = administrator.press("Ask to go live", reason="April is near", contact_email="pay@harbour.example")
    assert "waits for a second administrator" in page.text
    page = administrator.get(page.link("See the request"))
    assert "10 of 10 points completed" in page.text
    office.confirm_change(page.response.request.path.rpartition("/")[2], by=second)
    assert administrator.get("/go-live").has_button("Take the request back")
    answer(office, approved=False, words="The bank has not answered")
    assert "“The bank has not answered”" in administrator.get("/go-live").text
