"""A body's own Notify: two people, a key nobody sees, tried before it counts, and receipts by its own token."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from payouts.app import make_service
from payouts.notices import connection
from payouts.notices.connection import KeyKind, NotifyFault, NotifyTerms, NotifyTermsRefused, Sender, Way
from payouts.notices.notice import Notice, NoticeStatus
from payouts.sandbox.notify import NotifyServer
from payouts.sandbox.notify_keys import EXAMPLES
from payouts.sandbox.templates import PASS_THROUGH
from schemes import change_applied
from schemes.change import NothingToChange
from schemes.database import new_id
from schemes.errors import NotAllowed
from schemes.person import Role
from tests.office import Office
from tests.web.one_app import app_on

KEY = "sandbox-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
TERMS = NotifyTerms(KeyKind.TEST, **{f"{way}_template": template for way, template in PASS_THROUGH.items()})


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def notify(tmp_path):
    server = NotifyServer(
        "127.0.0.1",
        0,
        store=tmp_path / "notify",
        api_keys=[KEY, *EXAMPLES.values()],
        receipts_url=None,
        receipts_token=None,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def office(make_settings, harbour, notify, clock):
    made = make_service(make_settings(sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY), now=clock)
    yield Office(made, harbour)
    made.engine.dispose()


def propose(office, terms=TERMS, api_key=EXAMPLES["test"], by=None, **facts):
    by = by or office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        return connection.propose(
            session,
            office.service.seals,
            terms,
            api_key=api_key,
            change_id=new_id(),
            reason="our own name on the messages",
            by=by,
            at=office.service.now(),
            **facts,
        )


def confirm(office, proposed):
    by = office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        change_applied.confirm(session, session.merge(proposed), by=by, at=office.service.now())


def test_messages_go_through_a_bodys_own_key_once_a_second_person_confirmed_it(office, sealed, notify):
    proposed = propose(office)
    assert EXAMPLES["test"][-36:] not in str(proposed.after)
    with office.transaction() as session:
        assert connection.connection_of(session) is None
    confirm(office, proposed)
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work()
    with office.transaction() as session:
        through = connection.sender(session, office.service, session.get_one(connection.Body, office.harbour.body_id))
        assert EXAMPLES["test"][-36:] not in repr(through)
        sent = session.scalars(select(Notice.id).where(Notice.status == NoticeStatus.SENT)).all()
        listed = through.client().get_all_notifications()["notifications"]
    assert {each["reference"] for each in listed} == {str(each) for each in sent}
    assert len(sent) > 10


def test_a_version_is_tried_with_a_message_to_whoever_asks_and_keeps_what_notify_said(office):
    proposed = propose(office, api_key=EXAMPLES["test"][:-1] + "f")
    by, connection_id = office.person_with(Role.ADMINISTRATOR), connection.UUID(proposed.after["connection_id"])
    with office.transaction() as session:
        body = session.get_one(connection.Body, office.harbour.body_id)
    assert connection.try_out(office.service, body, connection_id, by=by).trouble == "403 AuthError"
    with pytest.raises(NotAllowed):
        connection.try_out(office.service, body, connection_id, by=office.person(Role.PREPARER))


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"api_key": "not a key"}, "api_key", NotifyFault.KEY),
        ({"api_key": ""}, "api_key", NotifyFault.KEY),
        ({"terms": NotifyTerms(KeyKind.LIVE, text_template="x")}, "text_template", NotifyFault.TEMPLATE),
        ({"terms": NotifyTerms(KeyKind.LIVE, in_trial=True)}, "kind", NotifyFault.TRIAL),
        ({"terms": NotifyTerms(KeyKind.LIVE)}, "email_template", NotifyFault.NO_TEMPLATE),
    ],
)
def test_what_nothing_could_be_sent_through_is_refused(office, changes, field, fault):
    with pytest.raises(NotifyTermsRefused) as refused:
        propose(office, **changes)
    assert (refused.value.field, refused.value.fault) == (field, fault)


def test_only_an_administrator_proposes_and_the_same_again_is_nothing_to_change(office):
    with pytest.raises(NotAllowed):
        propose(office, by=office.person(Role.FINANCE))
    confirm(office, propose(office))
    with pytest.raises(NothingToChange):
        propose(office, api_key="")


@pytest.mark.parametrize("facts", [{"kind": KeyKind.TEAM}, {"kind": KeyKind.TEST, "in_trial": True}])
def test_a_team_key_and_a_service_in_trial_send_no_letters(facts):
    through = Sender("", "", dict.fromkeys(Way, "x"), 3000, **facts)
    assert [way for way in Way if through.sends(way)] == [Way.EMAIL, Way.TEXT]


def test_a_bodys_receipts_come_with_its_own_token_which_changes_when_asked(office):
    confirm(office, propose(office))
    client, path = app_on(office.service).test_client(), f"/callbacks/notify/{office.harbour.body_id}"

    def token():
        with office.transaction() as session:
            return connection.receipts_token(office.service.seals, connection.connection_of(session))

    def post(given, address=path):
        receipt = {"id": str(new_id()), "reference": None, "status": "delivered"}
        return client.post(address, json=receipt, headers={"Authorization": f"Bearer {given}"}).status_code

    first = token()
    assert [post(first), post(first[:-1]), post(""), post(first, f"/callbacks/notify/{new_id()}")] == [
        204,
        403,
        403,
        403,
    ]
    confirm(office, propose(office, api_key="", new_token=True))
    assert [post(first), post(token())] == [403, 204]
