"""What the database lets the app's role do, read from the catalogue: no list of tables to remember to extend."""

from __future__ import annotations

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payouts import erasure
from schemes import before_body
from schemes.database import connect

APP = "payouts_app"
THRESHOLD = "payouts_threshold"


@pytest.fixture(scope="module")
def database(prepare, sealed):
    """A sealed payroll in a database of this module's own; what is tried in it is refused or rolled back."""
    with prepare("payouts_roles", sealed.database) as service:
        yield service


@pytest.fixture(scope="module")
def catalogue(database):
    engine = connect(database.settings.owner_database_url)
    with engine.connect() as connection:
        yield lambda query, **values: connection.execute(text(query), values).all()
    engine.dispose()


@pytest.fixture
def app(database, sealed):
    """Runs statements as the app's role, in a transaction of the body, and leaves nothing behind."""

    def run(*statements):
        with database.engine.connect() as connection:
            connection.execute(
                text("SELECT set_config('payouts.body_id', :b, true)"), {"b": str(sealed.harbour.body_id)}
            )
            return [connection.execute(text(statement)).rowcount for statement in statements][-1]

    return run


def test_every_table_has_forced_row_security_or_the_app_cannot_touch_it_at_all(catalogue):
    tables = catalogue(
        """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS guarded,
               EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy,
               has_table_privilege(:app, c.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,MAINTAIN')
               OR has_any_column_privilege(:app, c.oid, 'SELECT,INSERT,UPDATE,REFERENCES') AS reached
          FROM pg_class c WHERE c.relkind IN ('r', 'p', 'f') AND c.relnamespace = 'public'::regnamespace
        """,
        app=APP,
    )
    assert len(tables) > 25
    assert [t.relname for t in tables if t.reached and not (t.guarded and t.has_policy)] == []


def test_every_table_of_bodies_rows_is_guarded_even_where_the_app_has_no_privilege(catalogue):
    bare = catalogue(
        """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'body_id'
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """
    )
    assert bare == []


def test_every_policy_filters_by_the_body_and_none_lets_everybody_in(catalogue):
    policies = catalogue(
        "SELECT tablename, coalesce(qual, '') || coalesce(with_check, '') AS rule "
        "FROM pg_policies WHERE schemaname = 'public'"
    )
    assert [p.tablename for p in policies if p.rule in ("", "true", "truetrue")] == []
    doubled = catalogue(
        "SELECT tablename, cmd FROM pg_policies WHERE schemaname = 'public' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert doubled == [], "permissive policies are joined by OR: a second one could only widen the first"


def test_foreign_keys_between_bodies_rows_carry_the_body(catalogue):
    keys = catalogue(
        """
        SELECT k.conrelid::regclass::text AS from_table, k.conname,
               EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (mine, theirs)
                         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.mine
                         JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = pair.theirs
                        WHERE a.attname = 'body_id' AND f.attname = 'body_id') AS carries
          FROM pg_constraint k
         WHERE k.contype = 'f'
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.conrelid AND attname = 'body_id')
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.confrelid AND attname = 'body_id')
        """
    )
    assert len(keys) > 25
    assert [f"{key.from_table}: {key.conname}" for key in keys if not key.carries] == []


def test_the_functions_that_see_across_bodies_are_exactly_those_of_one_module(catalogue):
    found = catalogue(
        """
        SELECT p.proname, r.rolname, r.rolcanlogin, r.rolsuper, coalesce(array_to_string(p.proconfig, ','), '') AS path,
               has_function_privilege('public', p.oid, 'EXECUTE') AS anybody,
               n.nspname
          FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        """
    )
    assert {f.proname for f in found} == before_body.FUNCTIONS | erasure.FUNCTIONS
    assert len(found) == len(before_body.FUNCTIONS | erasure.FUNCTIONS), "no overloads"
    owners = {(f.rolname, f.rolcanlogin, f.rolsuper) for f in found if f.proname in before_body.FUNCTIONS}
    assert owners == {(THRESHOLD, False, False)}
    owners = {(f.rolname, f.rolcanlogin, f.rolsuper) for f in found if f.proname in erasure.FUNCTIONS}
    assert owners == {("payouts_eraser", False, False)}, "whoever writes over the past reads no sessions"
    assert {f.path for f in found} == {"search_path=public, pg_temp"}
    assert not any(f.anybody for f in found)


def test_there_are_no_views_that_could_look_past_row_security(catalogue):
    assert (
        catalogue("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace")
        == []
    )


def test_the_apps_role_owns_nothing_and_cannot_bypass_or_become_anybody(catalogue):
    for role, may_sign_in, bypasses in ((APP, True, False), (THRESHOLD, False, True)):
        rights = catalogue("SELECT * FROM pg_roles WHERE rolname = :role", role=role)[0]
        assert (rights.rolcanlogin, rights.rolbypassrls) == (may_sign_in, bypasses)
        powers = (rights.rolsuper, rights.rolcreaterole, rights.rolcreatedb, rights.rolreplication)
        assert not any(powers)
    owned = catalogue(
        "SELECT classid::regclass::text, objid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass "
        "AND refobjid = CAST(:app AS regrole) AND deptype = 'o'",
        app=APP,
    )
    assert owned == []
    grants = catalogue(
        "SELECT * FROM pg_auth_members WHERE member IN (CAST(:app AS regrole), CAST(:threshold AS regrole)) "
        "OR roleid = CAST(:threshold AS regrole)",
        app=APP,
        threshold=THRESHOLD,
    )
    assert grants == []
    for role in (APP, THRESHOLD, "public"):
        assert catalogue("SELECT has_schema_privilege(:role, 'public', 'CREATE') AS may", role=role)[0].may is False


# each is a way to move money past the people who decided about it
FORBIDDEN = {
    "a payment's amount": "UPDATE payment SET amount_pence = amount_pence + 1",
    "a payment's account": "UPDATE payment SET account_id = account_id",
    "a payment's payee": "UPDATE payment SET payee_id = payee_id",
    "a payment's key": "UPDATE payment SET sequence = sequence + 1",
    "a confirmed account's details": "UPDATE account SET sealed_details = sealed_details",
    "a confirmed account's holder": "UPDATE account SET holder_name = 'M ALLORY'",
    "a confirmed account's fingerprint": "UPDATE account SET fingerprint = fingerprint",
    "who proposed an account": "UPDATE account SET proposed_by = confirmed_by",
    "an account": "DELETE FROM account",
    "a decision's verdict": "UPDATE decision SET verdict = 'go'",
    "a decision's person": "UPDATE decision SET person_id = person_id",
    "a decision's signature": "UPDATE decision SET signature = signature, public_key = public_key",
    "a decision": "DELETE FROM decision",
    "a finding's kind": "UPDATE finding SET kind = 'name_cut', severity = 'note'",
    "a gate's role": "UPDATE gate SET role = 'preparer'",
    "how many a gate needs": "UPDATE gate SET people_needed = 1",
    "a gate": "DELETE FROM gate",
    "a manifest": "UPDATE manifest SET document = document",
    "a file's bytes": "UPDATE file_segment SET sealed = sealed",
    "a segment of a file": "DELETE FROM file_segment",
    "an award's amount": "UPDATE award SET amount_pence = 1",
    "a scheme's limits and rules": "UPDATE scheme_version SET definition = definition",
    "a version of a scheme": "DELETE FROM scheme_version",
    "a scheme's code": "UPDATE scheme SET code = 'EVIL'",
    "a bank profile's account": "UPDATE bank_profile SET sealed_account = sealed_account",
    "who made a payroll": "UPDATE payroll SET made_by = made_by",
    "a payroll's cut-off": "UPDATE payroll SET deadline_at = deadline_at + interval '1 day'",
    "how many people a payroll takes": "UPDATE payroll SET duty_pattern = 'three'",
    "a cover's ceiling": "UPDATE cover SET ceiling_pence = ceiling_pence * 2, until = until + 30",
    "a payroll": "DELETE FROM payroll",
    "a role": "UPDATE membership SET role = 'approver'",
    "a password": "UPDATE person SET password_hash = 'x'",
    "a body's kind": "UPDATE body SET kind = 'live'",
    "an event": "UPDATE audit_event SET action = 'x'",
    "an event's existence": "DELETE FROM audit_event",
    "a link": "DELETE FROM audit_link",
    "the ledger": "UPDATE ledger_entry SET amount_pence = 1",
    "a ledger entry": "DELETE FROM ledger_entry",
    "the sessions": "SELECT * FROM web_session",
    "the used codes": "DELETE FROM used_code",
    "the count of wrong tries": "UPDATE sign_in_wait SET failures = 0",
    "a whole table": "TRUNCATE payment",
    "the guard on payments": "ALTER TABLE payment DISABLE TRIGGER ALL",
    "row security": "ALTER TABLE payment NO FORCE ROW LEVEL SECURITY",
    "the role": "SET ROLE payouts_threshold",
    "the triggers of a session": "SET session_replication_role = replica",
    "files on the server": "COPY person TO '/tmp/people'",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_apps_role_cannot_change(app, statement):
    with pytest.raises(DBAPIError) as refused:
        app(statement)
    assert isinstance(refused.value.orig, errors.InsufficientPrivilege | errors.RaiseException)


def test_no_payment_can_be_added_to_a_sealed_payroll(app):
    copied = (
        "INSERT INTO payment SELECT (jsonb_populate_record(payment, jsonb_build_object("
        "'id', uuidv7(), 'ordinal', ordinal + 100000, 'sequence', 2))).* FROM payment LIMIT 1"
    )
    with pytest.raises(DBAPIError, match="change only while it is built"):
        app(copied)


def test_no_payment_can_be_taken_from_a_sealed_payroll(app):
    with pytest.raises(DBAPIError, match="change only while it is built"):
        app("DELETE FROM finding", "DELETE FROM payment WHERE ordinal = 1")


@pytest.mark.parametrize("change", ["sha256 = repeat('0', 64)", "byte_count = 1", "sealed_at = NULL, sha256 = ''"])
def test_what_a_sealed_file_is_never_changes(app, change):
    with pytest.raises(DBAPIError, match="never changes"):
        app(f"UPDATE payment_file SET {change}")


def test_what_the_apps_role_may_change_it_can_so_that_the_refusals_above_mean_something(app):
    assert app("UPDATE payment SET status = status") > 0
    assert app("UPDATE finding SET reason = reason") > 0
