"""A sandbox's set-up is carried over to its live body: one difference, two people, nothing of any payee or account."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from payouts.cli import payouts
from payouts.commands import ground
from payouts.every_effect import EFFECTS
from payouts.exports.codes import key_of, newest_codes
from payouts.exports.profile import PROFILES, ProfileName
from payouts.going_live import promotion
from payouts.going_live.promoted_account import AccountFault, NewAccount, see_accounts
from payouts.going_live.promotion import DayNotNamed, Incomplete, NoSandbox
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.notices.wording import Wordings
from payouts.payroll import Payroll
from payouts.people import confirm
from payouts.statement.posted import BookAccount
from schemes import body_details, change_applied, name_policy
from schemes.bank_profile import bank_profiles, open_account
from schemes.bank_profile_change import AccountNotSeen
from schemes.body import BodyKind, DutyPattern, add_body, get_body
from schemes.change import Change, ChangedSince, ChangeKind, NothingToChange, get_change
from schemes.check_settings import USUAL, settings_at, settings_json
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, SamePerson
from schemes.invitation import Invitation
from schemes.name_policy import NamePolicy
from schemes.payee import Payee
from schemes.person import Actor, Role
from schemes.scheme import get_scheme, schemes_of_body
from schemes.scheme_version import add_version, newest, versions_of
from tests.going_live import go_live
from tests.office import Office

TYPED = NewAccount("20-29-59", "63748472", "HARBOUR FUND", "123456", "HARBOUR FUND")
"""Not the account of the sandbox."""


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def live(office, owner):
    """A live body that was approved a moment ago, as `sandbox`, `office` to stand in it, and its two administrators."""
    sandbox, live_id, second = go_live(office, owner)
    first = sandbox.person(Role.ADMINISTRATOR)
    people = [
        Actor(one.person_id, live_id, one.name, one.email, frozenset({Role.ADMINISTRATOR})) for one in (first, second)
    ]
    return SimpleNamespace(sandbox=sandbox, service=sandbox.service, id=live_id, first=people[0], second=people[1])


def propose(live, *, by=None, accounts=None, days=None, chosen=None, change_id=None):
    with live.service.transaction(live.id) as session:
        names = [
            item.key
            for item in promotion.difference(session, at=live.service.now()).items
            if item.section == "bank_profile"
        ]
        return promotion.propose(
            session,
            live.service.seals,
            change_id=change_id or new_id(),
            chosen=chosen,
            accounts=dict.fromkeys(names, TYPED) if accounts is None else accounts,
            days=days or {},
            reason="We rehearsed it",
            by=by or live.first,
            at=live.service.now(),
        )


def decide(live, change_id, *, by=None, looks=True):
    by, at = by or live.second, live.service.now()
    if looks:
        with live.service.transaction(live.id) as session:
            see_accounts(session, live.service.seals, get_change(session, change_id), by=by, at=at)
    with live.service.transaction(live.id) as session:
        confirm(session, live.service, get_change(session, change_id, lock=True), by=by, at=at)


def left(live):
    with live.service.transaction(live.id) as session:
        return [item.id for item in promotion.difference(session, at=live.service.now()).items]


def rename_the_scheme(sandbox, name):
    with sandbox.transaction() as session:
        scheme = get_scheme(session, sandbox.harbour.scheme_id, lock=True)
        before = newest(session, scheme.id)
        definition = replace(before.definition, name=name)
        facts = {"effective_from": before.effective_from, "change_id": None, "by": None, "at": sandbox.service.now()}
        add_version(session, scheme.id, definition, number=before.number + 1, **facts)
        scheme.take_over(definition, before.number + 1)


def test_one_confirmed_change_makes_the_live_body_what_the_sandbox_is(live):
    with live.sandbox.transaction() as session:
        sandbox_profile = bank_profiles(session)[0]
        theirs = open_account(session, live.service.seals, sandbox_profile)
        scheme = schemes_of_body(session)[0]
        definition = newest(session, scheme.id).definition
    made = propose(live)
    assert theirs.account_number not in json.dumps(made.after)
    with live.service.transaction(live.id) as session:
        assert schemes_of_body(session) == []
    with pytest.raises(SamePerson):
        decide(live, made.id, by=live.first)
    with pytest.raises(AccountNotSeen):
        decide(live, made.id, looks=False)
    decide(live, made.id)
    decide(live, made.id)
    with live.service.transaction(live.id) as session:
        (profile,) = bank_profiles(session)
        assert profile.service_user_number == "123456"
        assert tuple(open_account(session, live.service.seals, profile)) == ("202959", "63748472")
        assert (profile.cut_off, profile.item_limit_pence) == (
            sandbox_profile.cut_off,
            sandbox_profile.item_limit_pence,
        )
        (made_live,) = schemes_of_body(session)
        said = newest(session, made_live.id).definition
        assert said.bank_profile_id == profile.line_id
        assert (said.gates, said.components, said.schedule) == (
            definition.gates,
            definition.components,
            definition.schedule,
        )
        assert settings_at(session, made_live.id).number == 0
        assert session.scalar(select(func.count()).select_from(Payee)) == 0
        assert session.scalar(select(func.count()).select_from(Payroll)) == 0
        invited = {one.email: one.roles for one in session.scalars(select(Invitation))}
        told = session.scalar(select(func.count()).where(StaffMessage.event == StaffEvent.INVITATION))
    staff = {live.sandbox.person(role) for role in Role} - {live.sandbox.person(Role.ADMINISTRATOR)}
    assert invited == {one.email: {role.value: [] for role in one.roles} for one in staff}
    assert told == len(staff)
    assert left(live) == ["details/name", "details/contact_email"], "what was said when it was asked for stays"
    with pytest.raises(NothingToChange):
        propose(live)


def test_a_later_promotion_is_what_differs_since_then_and_a_live_scheme_gets_a_version_from_a_day(live):
    decide(live, propose(live).id)
    rename_the_scheme(live.sandbox, "Living independently")
    code = left(live)[-1].partition("/")[2]
    assert left(live)[2:] == [f"scheme/{code}"]
    with pytest.raises(DayNotNamed):
        propose(live)
    with live.service.transaction(live.id) as session:
        first = versions_of(session, schemes_of_body(session)[0].id)[-1].effective_from
    made = propose(live, days={code: first})
    decide(live, made.id)
    with live.service.transaction(live.id) as session:
        scheme = schemes_of_body(session)[0]
        assert (scheme.name, scheme.version) == ("Living independently", 2)


def test_what_neither_saw_is_not_confirmed(live):
    made = propose(live)
    rename_the_scheme(live.sandbox, "Another name")
    with pytest.raises(ChangedSince):
        decide(live, made.id)
    with live.service.transaction(live.id) as session:
        assert schemes_of_body(session) == [], "all of it or nothing"
    rename_back = made.after["items"]
    with live.service.transaction(live.id) as session:
        change_applied.reject(
            session, get_change(session, made.id, lock=True), reason="anew", by=live.first, at=live.service.now()
        )
    again = propose(live)
    assert again.after["items"] != rename_back
    with live.service.transaction(live.id) as session:
        body = get_body(session)
        facts = {"name": "Quay", "colour": body.colour, "contact_email": body.contact_email, "contact_phone": ""}
        body_details.set_details(session, **facts, by=live.first, at=live.service.now())
    with pytest.raises(ChangedSince):
        decide(live, again.id)


def test_what_rests_on_something_else_does_not_come_without_it(live):
    scheme = next(one for one in left(live) if one.startswith("scheme/"))
    with pytest.raises(Incomplete) as refused:
        propose(live, chosen=[scheme])
    assert refused.value.needs[0].startswith("bank_profile/")


def test_the_live_account_is_typed_anew_and_is_no_sandboxs(live):
    for typed in ({}, {"service_user_number": "000000"}, {"account_number": "1"}):
        with pytest.raises(AccountFault):
            propose(live, accounts={"Main account": TYPED._replace(**typed)} if typed else {})


def test_nobody_brings_a_sandbox_into_a_body_of_others(live, service):
    stranger_id, at = new_id(), service.now()
    with service.transaction(stranger_id) as session:
        add_body(
            session,
            stranger_id,
            kind=BodyKind.LIVE,
            name="Quay",
            contact_email="q@quay.example",
            colour="#00625e",
            at=at,
        )
        with pytest.raises(NoSandbox):
            promotion.difference(session, at=at)
    others = Office(live.service, live.sandbox.harbour).person_with(Role.PREPARER)
    only_live = Actor(others.person_id, live.id, "A", "a@b.example", frozenset({Role.ADMINISTRATOR}))
    with pytest.raises(NotAllowed):
        propose(live, by=only_live)
    with pytest.raises(NotAllowed):
        propose(live, by=Actor(live.first.person_id, live.id, "A", "", frozenset({Role.PREPARER})))


def test_every_kind_of_setting_comes_along(live):
    """What was set in the sandbox, by the rule of its own kind, is what the live body goes by."""
    sandbox, at = live.sandbox, live.service.now()
    with sandbox.transaction() as session:
        scheme = schemes_of_body(session)[0]
        words = {"event": "payment_held", "way": "text", "language": "english", "scheme": scheme.code, "subject": ""}
        usual = settings_json(USUAL)
        profile = PROFILES[ProfileName.SIGNED].as_json()
        line_id = bank_profiles(session)[0].line_id
        bank = key_of(BookAccount.BANK, line_id)
        own = {"fund": "1", "cost_centre": "2", "account": "3", "vat": ""}
        for kind, subject_id, after in (
            (ChangeKind.DUTIES, scheme.body_id, {"pattern": "three", "cover": None}),
            (ChangeKind.RETENTION, scheme.body_id, {"years": 9}),
            (ChangeKind.COOLING_OFF, scheme.body_id, {"first_days": 1, "ordinary_days": 3, "high_days": 5}),
            (ChangeKind.PASSKEYS, scheme.body_id, {"kinds": ["approve"]}),
            (ChangeKind.NAME_POLICY, scheme.body_id, name_policy.as_facts(NamePolicy(good_for_days=30))),
            (ChangeKind.CHECKS, scheme.id, {"thresholds": {**usual["thresholds"]}, "weights": usual["weights"]}),
            (ChangeKind.NOTICE_SETTINGS, scheme.body_id, {"sender": "Harbour payments"}),
            (ChangeKind.NOTICE_WORDING, scheme.id, {**words, "scheme_id": str(scheme.id), "body": "We wait."}),
            (ChangeKind.STAFF_WORDING, scheme.id, {"event": "no_go", "subject": "Stop", "body": "Stopped."}),
            (ChangeKind.LEDGER_CODES, scheme.id, {"codes": {"with_bacs": own, bank: own}}),
            (ChangeKind.EXPORT_PROFILE, new_id(), {"name": "Ours", "definition": profile, "ended": False}),
        ):
            given = Change(
                id=new_id(), body_id=scheme.body_id, kind=kind, subject_id=subject_id, before={}, after=after
            )
            EFFECTS[kind].apply(session, given, sandbox.person(Role.ADMINISTRATOR), at)
    decide(live, propose(live).id)
    assert left(live) == ["details/name", "details/contact_email"]
    with live.service.transaction(live.id) as session:
        body, (scheme,) = get_body(session), schemes_of_body(session)
        assert (body.retention_years, body.duty_pattern) == (9, DutyPattern.THREE)
        (place,) = Wordings(session).own
        assert place.scheme_id == scheme.id
        assert newest_codes(session).codes == {"with_bacs": own}, "the code of the sandbox's bank account stays there"


def test_a_script_sees_the_difference_and_proposes_it(live, monkeypatch, tmp_path):
    monkeypatch.setattr(ground, "service", lambda: live.service)
    monkeypatch.setattr(ground, "acting", lambda *_: live.first)
    typed = tmp_path / "accounts.json"
    typed.write_text(json.dumps({"Main account": TYPED._asdict()}))
    who = ["--as", "ada@harbour.example", "--body", "Harbour Fund"]

    def run(*words):
        return CliRunner().invoke(payouts, ["body", "promote", *words])

    assert "scheme/HIL\tnew\tScheme HIL" in run("show", *who).output
    told = json.loads(run("show", "--json", *who).output)
    assert "service_user_number" not in json.dumps(told)
    made = run("propose", "--reason", "Rehearsed", "--accounts", str(typed), *who)
    assert made.exit_code == 0, made.output
    change_id = made.output.rpartition(" ")[2].strip()
    monkeypatch.setattr(ground, "acting", lambda *_: live.second)
    assert "Main account\t202959\t63748472" in run("accounts", change_id, *who).output
    assert run("propose", "--reason", "x", "--from", "HIL=soon", *who).exit_code == 1
    refused = run("from", "Harbour Fund", "--operator", "Oz", "--body", "Harbour Fund")
    assert isinstance(refused.exception, NotNow)
