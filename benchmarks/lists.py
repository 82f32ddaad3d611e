"""Every list of the API, asked of a body with a large register and of one with a small one in the same database.

    python -m benchmarks.lists --size 100000
    python -m benchmarks.lists --folder /somewhere

The server's own time, without a network: the median of five, after one that nobody counts. Every list is found in the
API's description, and asked as it stands, by each of its filters, and a thousand rows further down by its cursor. The
goal is that a list of a million is as fast as one of a thousand.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.api import secret_of
from benchmarks.pages import SMALL, TIMES, on_both
from payouts import embedded
from payouts.api import application
from payouts.app import Service, create_app
from payouts.demo.harbour import Harbour
from payouts.payroll import Payroll
from schemes.api_key import Scope
from schemes.payee import Beneficiary, Payee

ROWS = 50
STEPS_DOWN = 5
"""Pages of 200 rows: a thousand rows down."""


def main() -> None:
    on_both(measure, __doc__)


def measure(servers: embedded.Servers, service: Service, large: Harbour, small: Harbour) -> None:
    for_large, for_small = (milliseconds(service, harbour) for harbour in (large, small))
    for_large = {asked: took for asked, took in for_large.items() if asked in for_small}
    for asked, took in sorted(for_large.items(), key=lambda item: item[1]):
        print(f"{took:8.1f} ms, {took / for_small[asked]:5.1f} x for {SMALL}: {asked}")
    ratios = [took / for_small[asked] for asked, took in for_large.items()]
    print(f"lists={len(for_large)}")
    print(f"slowest_list_ms={max(for_large.values()):.0f}")
    print(f"median_list_ms={statistics.median(for_large.values()):.1f}")
    print(f"median_list_ratio_to_a_small_body={statistics.median(ratios):.2f}")
    print(f"worst_list_ratio_to_a_small_body={max(ratios):.2f}")


def milliseconds(service: Service, harbour: Harbour) -> dict[str, float]:
    """The median server time of each list, by how it is asked."""
    caller = create_app(service).test_client()
    headers = {"Authorization": f"Bearer {secret_of(service, harbour, Scope.READ)}"}
    values = values_in(service, harbour)
    taken: dict[str, float] = {}
    for path, filters in lists():
        wanted: list[tuple[str, dict[str, Any]]] = [(path, {})]
        wanted += [(f"{path}?{name}={value or '…'}", {name: value or values[name]}) for name, value in filters]
        for asked, given in wanted:
            address = f"/api/v1{path}".replace("{payroll}", values["payroll"])
            taken[asked] = timed(caller, address, {**given, "limit": ROWS}, headers)
            further = far_down(caller, address, given, headers)
            if further:
                taken[f"{asked}, further down"] = timed(caller, address, {**given, **further}, headers)
    return taken


def lists() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each list that is read page by page, with its filters and what each may be; "" where that is the body's own."""
    for path, item in application.description()["paths"].items():
        parameters = [each for each in item.get("get", {}).get("parameters", ()) if each["in"] == "query"]
        names = {each["name"] for each in parameters}
        if "cursor" not in names or "{" in path.replace("{payroll}", ""):
            continue
        filters = [each for each in parameters if each["name"] not in ("cursor", "limit", "type")]
        yield path, [(each["name"], value) for each in filters for value in each["schema"].get("enum", [""])]


def values_in(service: Service, harbour: Harbour) -> dict[str, str]:
    """Something of the body's own for each filter that takes more than a few words."""
    with service.transaction(harbour.body_id) as session:
        payee, beneficiary = (
            session.scalars(select(one.reference).order_by(one.id).limit(1)).one() for one in (Payee, Beneficiary)
        )
        payroll_id = session.scalars(select(Payroll.id).limit(1)).one()
    return {
        "payee": payee,
        "beneficiary": beneficiary,
        "scheme": "HIL",
        "name": "mar",
        "reference": payee,
        "payroll": str(payroll_id),
        "updated_since": (service.now() - timedelta(days=1)).isoformat(),
    }


def far_down(
    caller: FlaskClient, address: str, given: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any] | None:
    """The cursor a thousand rows down, or None for a list that is shorter."""
    query = {**given, "limit": 200}
    for _ in range(STEPS_DOWN):
        following = caller.get(address, query_string=query, headers=headers).json["next_cursor"]
        if following is None:
            return None
        query["cursor"] = following
    return {"limit": ROWS, "cursor": query["cursor"]}


def timed(caller: FlaskClient, address: str, query: dict[str, Any], headers: dict[str, str]) -> float:
    taken = []
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        answer = caller.get(address, query_string=query, headers=headers)
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address} with {query} answered {answer.status_code}: {answer.get_data(as_text=True)}")
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
