"""API keys: what two people let another system do, and which of its secrets work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from schemes import api_key, api_secret, bank_details
from schemes.account import CameBy, get_account
from schemes.api_key import KeyFault, KeyKind, KeyRefused, Scope, admits, get_key
from schemes.api_secret import ApiSecret, Why
from schemes.call_back import Call
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, SamePerson
from schemes.payee import Payee
from schemes.person import Role, names
from schemes.scheme import get_scheme
from schemes.seal import Seals
from schemes.unmasking import unmask
from tests.keys import a_key, an_administrator, confirm_key, found, propose_key, take_secret


@pytest.fixture
def start(landed):
    return landed


def revoke(office, key_id):
    with office.transaction() as session:
        by, key = an_administrator(office), get_key(session, key_id, lock=True)
        api_key.revoke(session, key, by=by, at=office.service.now())


def test_a_key_works_once_a_second_person_confirmed_it_and_somebody_took_its_secret(office):
    proposer = an_administrator(office)
    key_id = propose_key(office, Scope.READ, Scope.AWARDS, by=proposer, name="Grants system")
    with pytest.raises(NotFound), office.transaction() as session:
        get_key(session, key_id)
    with pytest.raises(SamePerson):
        confirm_key(office, key_id, by=proposer)
    confirm_key(office, key_id)
    written = take_secret(office, key_id, by=proposer)
    key = found(office, written)
    assert key.why is None
    assert key.actor.body_id == office.harbour.body_id
    assert (key.actor.name, key.scopes, key.actor.roles) == (
        "Grants system",
        {Scope.READ, Scope.AWARDS},
        {Role.PREPARER},
    )


def test_a_key_that_only_reads_holds_no_role_at_all(office):
    assert found(office, a_key(office, Scope.READ).written).actor.roles == frozenset()


def test_whoever_is_no_administrator_neither_proposes_takes_nor_revokes(office):
    preparer, key = office.person(Role.PREPARER), a_key(office)
    with pytest.raises(NotAllowed):
        propose_key(office, Scope.READ, by=preparer)
    with pytest.raises(NotAllowed):
        take_secret(office, key.id, by=preparer)
    with pytest.raises(NotAllowed), office.transaction() as session:
        api_key.revoke(session, get_key(session, key.id, lock=True), by=preparer, at=office.service.now())


WRONG = [
    ({"scopes": [Scope.PAYEES, Scope.PAYMENTS]}, KeyFault.DETAILS_AND_PAYMENTS),
    ({"scopes": list(Scope)}, KeyFault.DETAILS_AND_PAYMENTS),
    ({"scopes": []}, KeyFault.NO_SCOPE),
    ({"name": " "}, KeyFault.NAME),
    ({"name": "x" * 61}, KeyFault.NAME),
    ({"kind": KeyKind.LIVE}, KeyFault.LIVE_IN_SANDBOX),
    ({"payees": ["P-1"]}, KeyFault.TEAM_PAYEES),
    ({"networks": ["192.0.2.1/24"]}, KeyFault.NETWORK),
    ({"networks": ["everywhere"]}, KeyFault.NETWORK),
]


def test_a_key_that_nobody_should_have_is_refused(office):
    for terms, fault in WRONG:
        with pytest.raises(KeyRefused) as refused:
            propose_key(office, *terms.get("scopes", [Scope.READ]), **{k: v for k, v in terms.items() if k != "scopes"})
        assert refused.value.fault is fault


def test_the_database_too_refuses_a_key_for_both_bank_details_and_payments(office, owner):
    key = a_key(office, Scope.PAYEES)
    with pytest.raises(DBAPIError, match="details_or_payments"), owner.begin() as connection:
        connection.execute(
            text('UPDATE api_key SET scopes = \'["payments", "payees"]\' WHERE id = :id'), {"id": key.id}
        )


def test_two_keys_in_use_have_two_names(office):
    first = a_key(office, name="Grants")
    with pytest.raises(KeyRefused):
        propose_key(office, Scope.READ, name="Grants")
    revoke(office, first.id)
    a_key(office, name="Grants")


def test_the_secret_is_kept_as_a_digest_and_shown_once(office, owner):
    key_id, secret_id = propose_key(office, Scope.READ), new_id()
    confirm_key(office, key_id)
    facts = {"secret_id": secret_id, "by": an_administrator(office), "at": office.service.now()}
    with office.transaction() as session:
        written = api_secret.take(session, office.service.seals, get_key(session, key_id), **facts)
    with office.transaction() as session:
        assert api_secret.take(session, office.service.seals, get_key(session, key_id), **facts) is None
        row = session.scalars(select(ApiSecret).where(ApiSecret.key_id == key_id)).one()
    assert written.rpartition("_")[2] not in str(vars(row))
    with owner.connect() as connection:
        dump = "".join(
            connection.scalars(text("SELECT s::text FROM api_secret s UNION SELECT a::text FROM audit_event a"))
        )
    assert written[-20:] not in dump


def test_what_is_not_the_secret_opens_nothing(office):
    written = a_key(office).written
    for wrong in (written[:-1] + ("A" if written[-1] != "A" else "B"), "", written + "x", written.upper()):
        assert found(office, wrong) is None


def test_another_installations_key_to_the_digests_opens_nothing(office):
    """A stolen table can't be tried out: the digest takes the installation's own key."""
    key = a_key(office)
    prefix, secret = key.written.split("_", 3)[2:]
    elsewhere = Seals(office.service.seals.ring, b"x" * 32)
    ours = api_secret.digest_of(office.service.seals, office.harbour.body_id, prefix, secret)
    assert api_secret.digest_of(elsewhere, office.harbour.body_id, prefix, secret) != ours


def test_a_revoked_key_is_known_and_refused(office):
    key = a_key(office)
    revoke(office, key.id)
    revoke(office, key.id)
    assert found(office, key.written).why is Why.REVOKED
    with pytest.raises(NotNow):
        take_secret(office, key.id, by=key.taken_by)


def test_a_replaced_secret_works_for_the_overlap_and_no_longer(office, clock):
    key = a_key(office)
    newer = take_secret(office, key.id, by=key.taken_by, overlap_days=1)
    clock.advance(hours=23)
    assert found(office, key.written).why is None
    clock.advance(hours=2)
    assert found(office, key.written).why is Why.REPLACED
    newest = take_secret(office, key.id, by=key.taken_by, overlap_days=0)
    assert found(office, newer).why is Why.REPLACED
    assert found(office, newest).why is None


def test_a_further_renewal_does_not_prolong_a_secret_that_ends(office, clock):
    key = a_key(office)
    take_secret(office, key.id, by=key.taken_by, overlap_days=1)
    take_secret(office, key.id, by=key.taken_by, overlap_days=30)
    clock.advance(days=2)
    assert found(office, key.written).why is Why.REPLACED


def test_a_key_of_a_network_works_from_there_alone(office):
    key = a_key(office, networks=["192.0.2.0/24", "2001:db8::/48"])
    answers = {address: found(office, key.written, address=address).why for address in ADDRESSES}
    assert answers == ADDRESSES
    assert found(office, key.written, address=None).why is Why.NETWORK


ADDRESSES = {
    "192.0.2.7": None,
    "2001:db8::1": None,
    "::ffff:192.0.2.9": None,
    "192.0.3.7": Why.NETWORK,
    "not an address": Why.NETWORK,
}


def test_no_networks_means_all():
    assert admits([], None)


def test_a_use_is_noted_at_most_once_a_minute(office, clock):
    key = a_key(office)

    def use():
        with office.transaction() as session:
            used = found(office, key.written)
            noted = api_secret.must_note_use(used, clock())
            if noted:
                api_secret.note_use(session, used, at=clock())
        return noted

    assert use()
    clock.advance(seconds=59)
    assert not use()
    clock.advance(seconds=1)
    assert use()
    assert found(office, key.written).last_used_at == clock()


def test_a_key_of_one_scheme_prepares_in_no_other(office):
    with office.transaction() as session:
        code = get_scheme(session, office.harbour.scheme_id).code
    key = a_key(office, Scope.AWARDS, schemes=[code])
    actor = found(office, key.written).actor
    assert actor.holds(Role.PREPARER, office.harbour.scheme_id)
    assert not actor.holds(Role.PREPARER, new_id())
    with pytest.raises(NotFound):
        propose_key(office, Scope.AWARDS, schemes=["NOPE"])


def test_whoever_took_the_secret_never_confirms_the_bank_details_that_came_with_it(office):
    key = a_key(office, Scope.PAYEES)
    actor = found(office, key.written).actor
    account_id, at = new_id(), office.service.now()
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).limit(1)).one()
        details = {"holder_name": "M Changed", "sort_code": "202959", "account_number": "63748472", "roll_number": ""}
        facts = {"came_by": CameBy.FORM, "by": actor, "at": at}
        seals = office.service.seals
        bank_details.propose(session, seals, account_id=account_id, payee_id=payee_id, **details, **facts)
        assert names(session)[actor.person_id].endswith("(API key)")

    def confirm(by):
        with office.transaction() as session:
            account = get_account(session, payee_id, account_id, lock=True)
            unmask(session, office.service.seals, account, reason="compare it", by=by, at=at)
            call = Call("The payee", "01234 567890", date(2026, 1, 5))
            facts = {"call": call, "at_the_bank": (), "by": by, "at": at}
            bank_details.confirm(session, office.service.calendar, account, **facts)

    with pytest.raises(SamePerson):
        confirm(replace(key.taken_by, roles=frozenset({Role.FINANCE})))
    confirm(office.person(Role.FINANCE))
