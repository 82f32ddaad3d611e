"""Rules that change after the first decision touch later payrolls only, and so do people who leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.channels.release import not_as_approved
from payouts.evidence.verifying import verify
from payouts.gates.decision import decisions_of, gate_states, may_still_decide
from payouts.gates.manifest import ReleaseRefused
from payouts.payment import Payment
from payouts.payroll import PayrollStatus, get_payroll
from schemes.bank_profile import bank_profiles, newest_profile
from schemes.bank_profile_change import Terms
from schemes.bank_profile_change import propose as propose_profile
from schemes.body import DutyPattern
from schemes.check_settings import Check, CheckSettings, Thresholds, Weight
from schemes.check_settings import propose as propose_checks
from schemes.database import new_id
from schemes.gate_rule import FIRST_GATES
from schemes.person import Role
from schemes.role_change import remove
from schemes.scheme import get_scheme
from schemes.scheme_version import add_version, newest
from tests.payouts.test_evidence import take


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def other_checks(office):
    """Every check that may block does."""
    scheme_id, change_id = office.harbour.scheme_id, new_id()
    with office.transaction() as session:
        facts = {"change_id": change_id, "reason": "stricter", "by": office.person(Role.FINANCE)}
        wanted = CheckSettings(dict.fromkeys(Check, Weight.BLOCK))
        propose_checks(session, scheme_id, wanted, at=office.service.now(), **facts)
    office.confirm_change(change_id, by=office.person(Role.APPROVER))


def longer_back(office):
    """Payments of other payrolls are compared for a month longer."""
    scheme_id, change_id = office.harbour.scheme_id, new_id()
    with office.transaction() as session:
        facts = {"change_id": change_id, "reason": "a fraud", "by": office.person(Role.FINANCE)}
        propose_checks(
            session, scheme_id, CheckSettings(thresholds=Thresholds(days_back=90)), at=office.service.now(), **facts
        )
    office.confirm_change(change_id, by=office.person(Role.APPROVER))


def other_account(office):
    """The bank takes a pound for one payment."""
    change_id, by = new_id(), office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        there = newest_profile(session, bank_profiles(session)[0].id)
        terms = Terms(**{field: getattr(there, field) for field in Terms.__dataclass_fields__})
        terms = replace(terms, item_limit_pence=1_00, file_limit_pence=1_00)
        facts = {"account": None, "change_id": change_id, "line_id": there.line_id, "reason": "letter", "by": by}
        propose_profile(session, office.service.seals, terms, at=office.service.now(), **facts)
    office.confirm_change(change_id, by=office.person(Role.APPROVER))


def other_limits(office):
    """The scheme pays a pound at most."""
    with office.transaction() as session:
        scheme = get_scheme(session, office.harbour.scheme_id, lock=True)
        before = newest(session, scheme.id)
        definition = replace(before.definition, payment_limit_pence=1_00, payroll_limit_pence=1_00)
        facts = {"effective_from": before.effective_from, "change_id": None, "by": None, "at": office.service.now()}
        add_version(session, scheme.id, definition, number=before.number + 1, **facts)
        scheme.take_over(definition, before.number + 1)


def other_gates(office):
    """Nine people approve."""
    office.set_gates(*(gate._replace(people_needed=9) for gate in FIRST_GATES))


def other_duties(office):
    office.set_duties(DutyPattern.THREE)


@pytest.mark.parametrize("change", [other_checks, other_account, other_limits, other_gates, other_duties])
def test_a_rule_that_two_people_change_after_the_first_decision_touches_later_payrolls_only(
    office, payroll_id, change, clock
):
    office.decide_all(payroll_id, upto=1)
    clock.advance(minutes=5)
    change(office)
    clock.advance(minutes=5)
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))


def test_settings_of_the_checks_that_somebody_changes_in_place_are_named_at_release(office, payroll_id, clock, owner):
    clock.advance(minutes=5)
    longer_back(office)
    clock.advance(minutes=5)
    made_after = office.create(date(2026, 12, 1))
    office.work()
    office.accept_findings(made_after)
    office.seal(made_after)
    office.decide_all(made_after, upto=3)
    # the second is weaker than the service lets any scheme be, so that it can't be read as settings any more
    for where, to in (("{thresholds,total_percent}", "99"), ("{weights,one_account_several_payees}", '"note"')):
        with owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            changed = "jsonb_set(settings, CAST(:where AS text[]), CAST(:to AS jsonb))"
            connection.execute(text(f"UPDATE check_settings SET settings = {changed}"), {"where": where, "to": to})
        with pytest.raises(ReleaseRefused) as refused:
            office.decide(made_after, 4, by=office.person(Role.RELEASER))
        assert refused.value.differences == ["rules"]


def test_an_approver_who_is_removed_before_the_release_has_decided_all_the_same_and_the_evidence_holds(
    office, payroll_id
):
    office.decide_all(payroll_id, upto=3)
    gone = office.person(Role.APPROVER)
    with office.transaction() as session:
        remove(session, gone.person_id, by=office.person_with(Role.ADMINISTRATOR), at=office.service.now())
    with office.transaction() as session:
        payroll, service = get_payroll(session, payroll_id), office.service
        assert not_as_approved(session, service.seals, payroll, signer=service.signer) == []
        assert gone.person_id in {decision.person_id for decision in decisions_of(session, payroll_id)}
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert verify(take(office, payroll_id)).faults == []


def test_where_the_only_approver_is_removed_before_they_decide_nobody_is_left_and_that_is_told(office, payroll_id):
    office.decide_all(payroll_id, upto=2)
    with office.transaction() as session:
        by = office.person_with(Role.ADMINISTRATOR)
        remove(session, office.person(Role.APPROVER).person_id, by=by, at=office.service.now())
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        waiting = next(state for state in gate_states(session, payroll) if state.is_waiting)
        assert may_still_decide(session, payroll, waiting) == {Role.APPROVER: []}
        assert payroll.status is PayrollStatus.SEALED


def test_a_manifest_from_before_rules_had_a_digest_still_holds(office, payroll_id, owner):
    """A payroll that was sealed under an earlier release of the service is released under this one."""
    with office.transaction() as session:
        payroll, service = get_payroll(session, payroll_id), office.service
        assert not_as_approved(session, service.seals, payroll, signer=service.signer) == []
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE manifest SET document = (document::jsonb - 'rules')::text"))
    with office.transaction() as session:
        found = not_as_approved(
            session, office.service.seals, get_payroll(session, payroll_id), signer=office.service.signer
        )
    assert "rules" not in found


def test_a_payroll_that_was_checked_by_an_older_version_is_changed_decided_and_released_as_it_was_checked(
    office, payroll_id, monkeypatch
):
    """Whoever upgrades between two gates has four people's decisions, and a payday."""
    office.decide_all(payroll_id, upto=2)
    for module in ("payouts.checks.run", "payouts.gates.manifest"):
        monkeypatch.setattr(f"{module}.RULE_SET", "of a newer version")
    with office.transaction() as session:
        payment_id = session.scalars(select(Payment.id).where(Payment.payroll_id == payroll_id).limit(1)).one()
    office.take_out(payroll_id, [payment_id])
    office.work()
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED
