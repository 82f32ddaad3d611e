"""The feed of what happened: everything once, in one order, without what concerns nobody outside."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from payouts.tasks import clock as ticking
from schemes.api_key import Scope
from schemes.database import new_id
from tests.api.caller import Caller
from tests.keys import a_key


@pytest.fixture
def start(sealed):
    return sealed


def follow(system, cursor="", kind=""):
    """What came since a cursor, to the end, and the cursor to go on with."""
    found = []
    while True:
        answer = system.get(f"/events?limit=3&type={kind}{cursor}" if kind else f"/events?limit=3{cursor}")
        assert answer.status_code == 200, answer.json
        cursor = f"&cursor={answer.json['next_cursor']}"
        if not answer.json["data"]:
            return found, cursor
        found += answer.json["data"]


def test_whoever_goes_on_from_their_cursor_is_told_everything_once(office, reader, sealed):
    ticking.link_audit(office.service)
    first, cursor = follow(reader)
    assert "payroll.sealed" in [each["type"] for each in first]
    office.decide_all(sealed.payroll_id)
    assert follow(reader, cursor)[0] == [], "it is told once the chain holds it"
    ticking.link_audit(office.service)
    since, cursor = follow(reader, cursor)
    assert [each["type"] for each in since if each["type"] != "gate.go"][-1] == "payroll.released"
    ids = [each["id"] for each in [*first, *since]]
    assert len(ids) == len(set(ids))
    assert follow(reader, cursor)[0] == []


def test_the_feed_is_narrowed_by_how_the_type_begins_and_tells_nothing_of_sign_ins_or_keys(office, reader):
    ticking.link_audit(office.service)
    assert {each["type"].partition(".")[0] for each in follow(reader, kind="payroll.")[0]} == {"payroll"}
    kinds = {each["type"].partition(".")[0] for each in follow(reader)[0]}
    assert kinds
    assert not kinds & {"api_key", "person", "change", "access", "body"}


def test_a_key_of_another_scheme_is_told_nothing_of_this_one_s_payrolls(office, app, owner):
    ticking.link_audit(office.service)
    key = a_key(office, Scope.READ)
    with owner.begin() as connection:
        other = {"id": key.id, "other": str(new_id())}
        connection.execute(
            text("UPDATE api_key SET schemes = jsonb_build_array(cast(:other AS text)) WHERE id = :id"), other
        )
    limited, data, cursor = Caller(app.test_client(), key.written), [], ""
    for _ in range(30):
        answer = limited.get(f"/events?limit=50{cursor}").json
        data, cursor = data + answer["data"], f"&cursor={answer['next_cursor']}"
    assert {each["subject_type"] for each in data} <= {"payee", "beneficiary"}
