"""The pages of notices: what they say, what they go through, how they are going, and who was not reached."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.notices.notice import Notice, NoticeStatus
from payouts.sandbox.notify_keys import EXAMPLES
from payouts.sandbox.templates import PASS_THROUGH
from schemes.payee import Payee
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def test_words_are_previewed_for_a_payee_refused_with_their_faults_and_confirmed_by_another(signed_in, office):
    with office.transaction() as session:
        payee = session.scalars(select(Payee).where(Payee.email.is_not(None)).order_by(Payee.reference)).first()
    preparer = signed_in(Role.PREPARER)
    page = preparer.get("/settings/messages")
    assert "Nobody who speaks Welsh" in page.text
    address = "/settings/messages/payment_on_its_way/email/english"
    preparer.get(address)
    page = preparer.press(
        "Preview it", preview="Preview it", subject="Paid: ((amount))", body="Dear ((name))", payee=payee.reference
    )
    assert f"Dear {payee.name}" in page.text
    page = preparer.press("Propose these words", subject="Your benefit", body="Dear ((nmae))", reason="shorter")
    assert any("nmae" in error for error in page.errors)
    assert any("benefit" in error for error in page.errors)
    page = preparer.press("Propose these words", subject="Paid", body="Dear ((name))", reason="shorter")
    approver = signed_in(Role.APPROVER)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    assert "Your words" in preparer.get("/settings/messages").text
    assert preparer.get("/settings/messages/payment_on_its_way/pigeon/english").status == 404


def test_words_to_colleagues_are_previewed_with_the_newest_payroll_and_confirmed_by_another(signed_in):
    preparer = signed_in(Role.PREPARER)
    preparer.get(preparer.get("/settings/messages").link("See No-go"))
    page = preparer.press("Preview it", preview="Preview it", subject="No-go: ((payroll))", body="By ((who)). ((date))")
    assert "No-go: 1" in page.text
    assert "no field date" in page.text
    page = preparer.press("Propose these words", subject="No-go", body="By ((who)). ((date))", reason="shorter")
    assert any("no field date" in error for error in page.errors)
    page = preparer.press("Propose these words", subject="No-go", body="By ((who)).", reason="shorter")
    approver = signed_in(Role.APPROVER)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    assert "Counts now" in preparer.get("/settings/messages/staff/no_go").text
    assert preparer.get("/settings/messages/staff/reset_link").status == 404


def test_a_notify_of_ones_own_is_proposed_tried_and_shown_without_its_key(signed_in):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get("/settings/notify/change")
    typed = {"kind": "test", "email_template": PASS_THROUGH["email"], "reason": "our own name"}
    page = administrator.press("Propose this connection", api_key="nonsense", **typed)
    assert any("whole API key" in error for error in page.errors)
    page = administrator.press("Propose this connection", api_key=EXAMPLES["live"], **typed)
    approver = signed_in(Role.APPROVER)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    page = administrator.get("/settings/notify")
    assert "sandbox-live" in page.text
    assert EXAMPLES["live"][-36:] not in page.response.get_data(as_text=True)
    page = administrator.press("Show the token")
    assert "Copy the token now" in page.text


def test_a_body_in_trial_is_told_before_payday_how_many_notices_will_not_go(signed_in, sealed):
    administrator, approver = signed_in(Role.ADMINISTRATOR), signed_in(Role.APPROVER)
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(preparer.get(f"/payrolls/{sealed.payroll_id}").link("How many payees will be told"))
    assert "No address to write to" in page.text
    assert "No GOV.UK Notify is set up" in page.text
    administrator.get("/settings/notify/change")
    typed = {"email_template": PASS_THROUGH["email"], "reason": "our own name", "in_trial": "y"}
    page = administrator.press("Propose this connection", api_key=EXAMPLES["trial"], kind="live", **typed)
    assert any("trial mode has no live key" in error for error in page.errors)
    page = administrator.press("Propose this connection", api_key=EXAMPLES["trial"], kind="team", **typed)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    assert "of a service in trial mode" in preparer.get(f"/payrolls/{sealed.payroll_id}").text
    assert "50 messages a day by each way" in preparer.get(f"/payrolls/{sealed.payroll_id}/notices").text
    assert "In trial mode Yes" in " ".join(administrator.get("/settings/notify").text.split())


def test_whoever_was_not_reached_is_listed_sent_to_again_or_told_by_hand(signed_in, office, sealed, owner):
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work(leave="notices.send")
    with owner.begin() as connection:
        connection.execute(text("UPDATE notice SET status = 'sent' WHERE status = 'planned'"))
        first = "SELECT min(id::text)::uuid FROM notice WHERE status = 'sent'"
        fail = f"UPDATE notice SET status = 'failed', error = 'permanent-failure' WHERE id = ({first})"
        connection.execute(text(fail))
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(
        preparer.get(f"/payrolls/{sealed.payroll_id}").link("How the notices are going, and who was not reached")
    )
    assert "Address does not exist" in page.text
    with office.transaction() as session:
        failed = session.scalars(select(Notice).where(Notice.status == NoticeStatus.FAILED)).one()
    assert "Not delivered" in preparer.get(f"/payees/{failed.payee_id}/messages").text
    preparer.get(f"/payrolls/{sealed.payroll_id}/notices")
    assert "1 notice is sent again" in preparer.press("Send again what did not arrive").text
    with office.transaction() as session:
        again = session.scalars(select(Notice).where(Notice.follows_id == failed.id)).one()
        assert (again.attempt, again.status, again.payee_id) == (2, NoticeStatus.PLANNED, failed.payee_id)
    assert "Nothing is left" in preparer.press("Send again what did not arrive").text
    button = next(form for form in preparer.page.soup.select("form[action$='/told']"))
    preparer.client.post(button["action"], data={"csrf_token": button.find("input")["value"]})
    with office.transaction() as session:
        assert session.scalars(select(Notice).where(Notice.status == NoticeStatus.TOLD)).one()
