"""A bank's statements, written by hand for tests: camt.053 and CSV."""

from __future__ import annotations

from datetime import date

from payouts.statement import manual, rule, statement
from payouts.statement.entry import Match
from schemes.bank_profile import bank_profiles, open_account
from schemes.database import new_id
from schemes.person import Role


def pounds(pence):
    return f"{pence // 100}.{pence % 100:02d}"


def entry(
    pence, text, *, day=date(2026, 11, 25), credit=False, code="BAC", family="PMNT/ICDT/ACDT", details="", ref=""
):
    domain, name, sub = family.split("/")
    side = "CRDT" if credit else "DBIT"
    return (
        f'<Ntry><Amt Ccy="GBP">{pounds(pence)}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{ref}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{name}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn>"
        f"<Prtry><Cd>{code}</Cd></Prtry></BkTxCd>{details}<AddtlNtryInf>{text}</AddtlNtryInf></Ntry>"
    )


def returned(pence, reference, *, day=date(2026, 11, 27)):
    return entry(pence, f"RETURNED {reference}", day=day, credit=True, code="RA", family="PMNT/ICDT/RRTN")


def balance(code, pence):
    side = "CRDT" if pence >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="GBP">{pounds(abs(pence))}</Amt><CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-11-25</Dt></Dt></Bal>'
    )


def camt(account, *entries, number=1, opening=0, closing=None):
    balances = balance("OPBD", opening) + (balance("CLBD", closing) if closing is not None else "")
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>GBP</Ccy></Acct>{balances}{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def account_of(office):
    """Sort code and account number that the body pays from."""
    with office.transaction() as session:
        account = open_account(session, office.service.seals, bank_profiles(session)[0])
    return account.sort_code + account.account_number


def a_rule(office, words="INTEREST", *, match=Match.INTEREST, is_credit=True, code=""):
    """A rule that two people made, tried on what waits."""
    by, at, change_id = office.person(Role.FINANCE), office.service.now(), new_id()
    said = {"is_credit": is_credit, "words": words, "code": code, "match": match, "reason": "the bank's letter"}
    with office.transaction() as session:
        rule.propose(session, change_id=change_id, by=by, at=at, **said)
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    office.work(leave="notices.send")
    with office.transaction() as session:
        return rule.get_rule(session, change_id)


def say(office, entry_id, match, target=None, *, by=Role.FINANCE):
    """Finance says what an entry is, and a second person confirms it."""
    change_id, at = new_id(), office.service.now()
    with office.transaction() as session:
        manual.propose(
            session, entry_id, match, target, change_id=change_id, reason="seen", by=office.person(by), at=at
        )
    office.confirm_change(change_id, by=office.person(Role.APPROVER))


def send(office, content, *, file_id=None, by=Role.FINANCE, name="statement.xml"):
    """The finance officer sends a statement, and the workers read it."""
    with office.transaction() as session:
        file = statement.receive(
            session,
            office.service.seals,
            file_id=file_id or new_id(),
            profile_id=bank_profiles(session)[0].id,
            file_name=name,
            content=content,
            by=office.person(by),
            at=office.service.now(),
        )
    office.work(leave="notices.send")
    with office.transaction() as session:
        return statement.get_file(session, file.id)
