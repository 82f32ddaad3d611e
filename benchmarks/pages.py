"""Every page, asked of a body with a large register and of one with a small one in the same database; and its weight.

    python -m benchmarks.pages --size 100000
    python -m benchmarks.pages --folder /somewhere

The server's own time, without a network: the median of five, after one that nobody counts. Every address is found by
walking the routes; lists and searches are asked the ways that people ask them. The goal is 200 ms at a million payees,
and a page that takes no longer for a million than for a hundred. With `--folder` the large body is the one that
`benchmarks.payroll --folder` left there: a million takes its time to come in, and is asked again after each change.

A page's weight is what a browser without any of it fetches: the document as it is sent, which is not compressed (a page
that holds a secret beside what somebody typed tells it by its length), and all that it refers to, compressed where
we send it so. The goal is 150 kB.
"""

from __future__ import annotations

import argparse
import pickle
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import psycopg
from flask.testing import FlaskClient
from werkzeug.routing import UUIDConverter

from benchmarks.payroll import SEEDED, ask_for_files, bring_in, create, lift_limits, service_on, work_off
from payouts import embedded, migrating
from payouts.app import Service, create_app
from payouts.checks.finding import Kind
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from payouts.difference.explanation import Cause
from payouts.web.guidance import GUIDE
from schemes import before_body
from schemes.database import new_id
from schemes.person import Role
from schemes.sign_in import token_digest

SMALL = 100
TIMES = 5
TABLE_OF = {"import": "register_import", "file": "payment_file", "pair": "duplicate_pair"}
# what stands in an address beside ids: each page of a payroll that lists findings, or payments by why they differ, and
# each part of the guide
SAID = {"kind": [kind.value for kind in Kind], "cause": [cause.value for cause in Cause], "name": list(GUIDE)}
LIGHT = 150_000
REFERRED = re.compile(rb'<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"')
IMPORTED = re.compile(rb'(?:from|import) "\./([^"]+)"')
# asked besides each route as it stands: the searches that people type, and a page far down a list
ALSO = {
    "/find": ("?find=mar", "?find=HILF-0005", "?find=4958", "?find=1", "?find=zzzz"),
    "/duplicates": ("?show=all", "?show=accounts"),
    "/payrolls/<uuid:payroll_id>/take-out": ("?find=HILF-0005", "?find=zzzz"),
    "/payees": (
        "?search=mar",
        "?search=HILF-0005",
        "?search=zzzz",
        "?search=s&by=name",
        "?search=HILF-0&by=reference",
        "?search=s&by=beneficiary_name",
        "?search=HILF-0&by=beneficiary_reference",
        "?search=4958&by=last_four",
        "?after=HILF-00050",
    ),
}


Measure = Callable[[embedded.Servers, Service, Harbour, Harbour], None]
"""What is asked of a large body and a small one in one database."""


def main() -> None:
    on_both(measure, __doc__)


def on_both(measure: Measure, description: str | None) -> None:
    """Measure on the bodies that the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", type=int, default=100_000, help="payees of the large body")
    parser.add_argument("--folder", type=Path, help="where benchmarks.payroll has left a large body")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="payouts-benchmark-", ignore_cleanup_errors=True) as passing:
        folder = options.folder or Path(passing)
        folder.chmod(0o711)
        servers = embedded.start(folder / "servers", fast=True)
        try:
            if options.folder:
                measure_kept(servers, folder, measure)
            else:
                measure_new(servers, folder, options.size, measure)
        finally:
            servers.stop()


def measure_new(servers: embedded.Servers, folder: Path, size: int, measure: Measure) -> None:
    servers.make_database("benchmark")
    migrating.migrate(servers.owner_url("benchmark"))
    service = service_on(servers, folder)
    large = filled(servers, service, folder, "large", size)
    small = filled(servers, service, folder, "small", SMALL)
    analyze(servers)
    measure(servers, service, large, small)


def measure_kept(servers: embedded.Servers, folder: Path, measure: Measure) -> None:
    migrating.migrate(servers.owner_url("benchmark"))
    service = service_on(servers, folder)
    kept = folder / "small.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(filled(servers, service, folder, "small", SMALL)))
    large, small = (pickle.loads((folder / name).read_bytes()) for name in (SEEDED, kept.name))
    analyze(servers)
    measure(servers, service, large, small)


def analyze(servers: embedded.Servers) -> None:
    with psycopg.connect(servers.owner_url("benchmark"), autocommit=True) as owner:
        owner.execute("ANALYZE")


def measure(servers: embedded.Servers, service: Service, large: Harbour, small: Harbour) -> None:
    visitors = [visitor_of(servers, service, harbour) for harbour in (large, small)]
    weights = bytes_of(servers, visitors[0], large)
    for_large, for_small = (
        milliseconds(servers, visitor, harbour) for visitor, harbour in zip(visitors, (large, small), strict=True)
    )
    for_large = {page: took for page, took in for_large.items() if page in for_small}
    for page, took in sorted(for_large.items(), key=lambda item: item[1]):
        print(f"{took:8.1f} ms, {took / for_small[page]:5.1f} x for {SMALL}: {page}")
    for page, weight in sorted(weights.items(), key=lambda item: item[1])[-10:]:
        print(f"{weight / 1000:8.1f} kB: {page}")
    print(f"largest_page_kb={max(weights.values()) / 1000:.1f}")
    print(f"pages_over_{LIGHT // 1000}_kb={sum(weight > LIGHT for weight in weights.values())}")
    print(f"median_page_kb={statistics.median(weights.values()) / 1000:.1f}")
    print(f"pages={len(for_large)}")
    print(f"pages_over_200_ms={sum(took > 200 for took in for_large.values())}")
    print(f"slowest_ms={max(for_large.values()):.0f}")
    print(f"median_ms={statistics.median(for_large.values()):.1f}")
    ratios = [took / for_small[page] for page, took in for_large.items()]
    print(f"median_ratio_to_a_small_body={statistics.median(ratios):.2f}")
    print(f"worst_ratio_to_a_small_body={max(ratios):.2f}")


def filled(servers: embedded.Servers, service: Service, folder: Path, name: str, size: int) -> Harbour:
    """A body with a register, its bank details confirmed, and a payroll that waits at its first gate."""
    harbour = seed(service, name=name, domain=f"{name}.example")
    if size > SMALL:
        lift_limits(servers, size)
    register = folder / f"{name}.csv"
    write_register(register, people=size)
    bring_in(service, harbour, register)
    payroll_id = new_id()
    create(service, harbour, payroll_id)
    work_off(service, harbour)
    ask_for_files(service, harbour, payroll_id)
    work_off(service, harbour)
    return harbour


def bytes_of(servers: embedded.Servers, visitor: FlaskClient, harbour: Harbour) -> dict[str, int]:
    """The weight of each page, for a browser that has nothing of it yet."""
    found = {}
    for page, address in addresses(servers, visitor, harbour):
        answer = visitor.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            parts: dict[str, int] = {}
            for part in REFERRED.findall(answer.get_data()):
                weigh(visitor, urljoin(address, part.decode()), parts)
            found[page] = len(answer.get_data()) + sum(parts.values())
    return found


def weigh(visitor: FlaskClient, address: str, parts: dict[str, int]) -> None:
    """Add what a page refers to, and what that imports, each once."""
    if address in parts:
        return
    parts[address] = len(visitor.get(address, headers={"Accept-Encoding": "gzip, br"}).get_data())
    if address.endswith(".mjs"):
        for name in IMPORTED.findall(visitor.get(address).get_data()):
            weigh(visitor, urljoin(address, name.decode()), parts)


def milliseconds(servers: embedded.Servers, visitor: FlaskClient, harbour: Harbour) -> dict[str, float]:
    """The median server time of each page, for somebody with every role."""
    taken: dict[str, float] = {}
    for page, address in addresses(servers, visitor, harbour):
        answers = [timed(visitor, address) for _ in range(TIMES + 1)][1:]
        if any(status >= 500 for status, _ in answers):
            raise SystemExit(f"{page} answered {answers[0][0]}")
        if answers[0][0] == 200:
            taken[page] = statistics.median(seconds for _, seconds in answers) * 1000
    return taken


def visitor_of(servers: embedded.Servers, service: Service, harbour: Harbour) -> FlaskClient:
    person = harbour.people[Role.PREPARER]
    # one person with all roles sees every page; which roles make sense together is not what is measured
    with psycopg.connect(servers.owner_url("benchmark")) as owner:
        for role in set(Role) - {Role.PREPARER}:
            owner.execute(MEMBERSHIP, {"body": person.body_id, "person": person.person_id, "role": role.value})
    token = new_id().hex
    with service.transaction(None) as session:
        before_body.start_session(session, token_digest(token), person.person_id, service.now())
    visitor = create_app(service).test_client()
    with visitor.session_transaction() as cookie:
        cookie["token"] = token
    return visitor


MEMBERSHIP = """
    INSERT INTO membership (body_id, id, person_id, role, given_at)
    SELECT %(body)s, gen_random_uuid(), %(person)s, %(role)s::text, now()
     WHERE NOT EXISTS (SELECT FROM membership WHERE person_id = %(person)s AND role = %(role)s::text)
"""


def addresses(servers: embedded.Servers, visitor: FlaskClient, harbour: Harbour) -> Iterator[tuple[str, str]]:
    """Each page that is asked by GET: its rule, and an address of the body's own."""
    adapter = visitor.application.url_map.bind("localhost")
    for rule in sorted(visitor.application.url_map.iter_rules(), key=str):
        ids = {name for name, kind in rule._converters.items() if isinstance(kind, UUIDConverter)}
        if "GET" not in (rule.methods or ()) or rule.arguments - ids - SAID.keys() or "asset" in rule.endpoint:
            continue
        values: dict[str, Any] = {name: an_id(servers, harbour, name) for name in ids}
        if None in values.values():
            continue
        named = [{name: said} for name in rule.arguments - ids for said in SAID[name]]
        for words in named or [{}]:
            address = adapter.build(rule.endpoint, {**values, **words})
            for query in ("", *ALSO.get(str(rule), ())):
                yield " ".join((f"{rule}{query}", *words.values())), f"{address}{query}"


OF_A_BODY = "SELECT FROM information_schema.columns WHERE table_name = %s AND column_name = 'body_id'"


def an_id(servers: embedded.Servers, harbour: Harbour, name: str) -> UUID | None:
    """The id of a row of the body by the argument's name, or None where it has none."""
    table = TABLE_OF.get(name.removesuffix("_id"), name.removesuffix("_id"))
    with psycopg.connect(servers.owner_url("benchmark")) as owner:
        if owner.execute(OF_A_BODY, (table,)).fetchone() is None:
            return None
        found = owner.execute(
            f"SELECT id FROM {table} WHERE body_id = %s ORDER BY id LIMIT 1", (harbour.body_id,)
        ).fetchone()
    return found[0] if found else None


def timed(visitor: FlaskClient, address: str) -> tuple[int, float]:
    started = time.perf_counter()
    answer = visitor.get(address)
    answer.get_data()
    return answer.status_code, time.perf_counter() - started


if __name__ == "__main__":
    main()
