"""The ledger and a bank's statement: posting a payroll's payments, proving them, and reading a camt.053.

    python -m benchmarks.ledger --size 100000

The payments of one payroll are written straight into the table; then each event is posted for all of them in one
statement, the balances are read as a page reads them, and every entry is read back for the proof. The statement has as
many entries, half of them returned credits, and is read and matched as a worker does it.
`statement_peak_mib` is the highest memory of this process beyond what it had before; the file is opened as it is read.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psutil
import psycopg
from sqlalchemy import Select, select

from benchmarks.imports import MIB, begin, forget_peak, keep, peak, service_on, work
from payouts import embedded, migrating
from payouts.app import Service
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from payouts.ledger.balance import prove, whereabouts
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment
from payouts.payroll import create_payroll
from payouts.statement import reading, statement
from payouts.statement.entry import Match, counts_of
from schemes.bank_profile import bank_profiles, open_account
from schemes.database import new_id
from schemes.imports import register_import
from schemes.person import Role

DAY = date(2026, 11, 25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="payments, and entries of the statement")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="payouts-bench-", ignore_cleanup_errors=True) as folder:
        # run by root, PostgreSQL is another user, who must get through to its own folder
        Path(folder).chmod(0o711)
        servers = embedded.start(Path(folder), fast=True)
        try:
            measure(servers, Path(folder), options.size)
        finally:
            servers.stop()


def measure(servers: embedded.Servers, folder: Path, size: int) -> None:
    servers.make_database("bench")
    migrating.migrate(servers.owner_url("bench"))
    service = service_on(servers, folder)
    harbour = seed(service)
    payroll_id = payroll_of(service, harbour, folder)
    multiply(servers, size)
    print(f"size={size}")
    everyone = select(Payment.id).where(Payment.payroll_id == payroll_id)
    for event in (Event.RELEASED, Event.SUBMITTED, Event.RETURNED):
        timed(f"post_{event}", partial(posted, service, harbour, event, everyone))
    with service.transaction(harbour.body_id) as session:
        timed("balances", lambda: whereabouts(session, payroll_id=payroll_id))
        timed("prove", lambda: prove(session, payroll_id))
        if not prove(session, payroll_id).is_proven:
            raise SystemExit("the ledger is not proven")
        content = statement_on(service, harbour, size)
    print(f"statement_mib={len(content) / MIB:.1f}")
    read(service, harbour, content, size)


def payroll_of(service: Service, harbour: Harbour, folder: Path) -> UUID:
    """A payroll of a small register, built as the workers build it."""
    register = write_register(folder / "register.csv", people=60)
    import_id, payroll_id = new_id(), new_id()
    begin(service, harbour, import_id, register.path)
    work(service, harbour)
    keep(service, harbour, import_id)
    work(service, harbour)
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        by = harbour.people[Role.FINANCE]
        register_import.confirm(session, service.calendar, brought, by=by, at=service.now())
        create_payroll(
            session,
            service.calendar,
            payroll_id=payroll_id,
            scheme_id=harbour.scheme_id,
            pay_date=service.calendar.add_working_days(service.now().date(), 15),
            by=harbour.people[Role.PREPARER],
            at=service.now(),
        )
    for _ in range(10):
        work(service, harbour)
    return payroll_id


def multiply(servers: embedded.Servers, size: int) -> None:
    """Make a payroll's first payment many, and the payroll a submitted one, around what guards them."""
    with psycopg.connect(servers.owner_url("bench")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE payroll SET status = 'submitted', pay_date = %s", (DAY,))
        names = [
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'payment' AND "
                "table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position"
            )
        ]
        made = {
            "id": "uuidv7()",
            "ordinal": "1000 + n",
            "sequence": "1000 + n",
            "reference": "'R' || n",
            "file_id": "uuidv7()",
        }
        chosen = ", ".join(made.get(name, f"one.{name}") for name in names)
        connection.execute(
            f"INSERT INTO payment ({', '.join(names)}) SELECT {chosen} "
            "FROM (SELECT * FROM payment LIMIT 1) AS one, generate_series(1, %s) AS n",
            (size,),
        )
        connection.execute("ANALYZE payment")


def posted(service: Service, harbour: Harbour, event: Event, everyone: Select[tuple[UUID]]) -> None:
    with service.transaction(harbour.body_id) as session:
        post(session, event, everyone, at=service.now())


def statement_on(service: Service, harbour: Harbour, size: int) -> bytes:
    """A camt.053 of the body's account: every second entry is a returned credit, the others are somebody else's."""
    with service.transaction(harbour.body_id) as session:
        account = open_account(session, service.seals, bank_profiles(session)[0])
        pence = session.scalars(select(Payment.amount_pence).where(Payment.reference == "R2")).one()
    amount = f"{pence // 100}.{pence % 100:02d}"
    entries = "".join(
        f'<Ntry><Amt Ccy="GBP">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{DAY}</Dt></BookgDt><AcctSvcrRef>B{number}</AcctSvcrRef><BkTxCd><Prtry><Cd>"
        f"{'XX' if number % 2 else 'RA'}</Cd></Prtry></BkTxCd><AddtlNtryInf>RETURNED R{number}</AddtlNtryInf></Ntry>"
        for number in range(1, size + 1)
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id>'
        f"<Othr><Id>{account.sort_code}{account.account_number}</Id></Othr></Id></Acct>{entries}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def read(service: Service, harbour: Harbour, content: bytes, size: int) -> None:
    with service.transaction(harbour.body_id) as session:
        sent = statement.receive(
            session,
            service.seals,
            file_id=new_id(),
            profile_id=bank_profiles(session)[0].id,
            file_name="bench.xml",
            content=content,
            by=harbour.people[Role.FINANCE],
            at=service.now(),
        )
    forget_peak()
    before = psutil.Process().memory_info().rss
    with service.transaction(harbour.body_id) as session:
        took = timed("statement", lambda: reading.read(session, service, {"file_id": str(sent.id)}))
        matched = counts_of(session, sent.id).get(Match.RETURN, (0, 0))[0]
    if matched != size // 2:
        raise SystemExit(f"{matched} of {size // 2} returned credits were matched")
    print(f"statement_peak_mib={(peak() - before) / MIB:.0f}")
    print(f"statement_entries_per_second={size / took:.0f}")


def timed(name: str, step: Callable[[], object]) -> float:
    started, worked = time.perf_counter(), time.process_time()
    step()
    took = time.perf_counter() - started
    # on a machine that others use too, the seconds say little
    print(f"{name}_seconds={took:.2f} of which this process worked {time.process_time() - worked:.2f}", flush=True)
    return took


if __name__ == "__main__":
    main()
