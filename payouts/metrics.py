"""Numbers for Prometheus: requests as this machine's web processes answered them, and how the installation stands.

Only an installation that asks for them (PAYOUTS_METRICS_TOKEN) reads this module. Several web processes count in files
below PROMETHEUS_MULTIPROC_DIR, which has to be set before prometheus_client is imported; whichever is asked adds up.
No number is of a body or a person: sandboxes are told apart from live bodies, since nobody is woken for a sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.orm import Session

from schemes import standing
from schemes.standing import Standing, TasksStanding

# of this process alone; with a folder for several, their files are read in its place
own = CollectorRegistry()
REQUESTS = Counter(
    "payouts_requests",
    "Requests answered, by the pattern of their route.",
    ("part", "method", "route", "status"),
    registry=own,
)
SECONDS = Histogram(
    "payouts_request_seconds",
    "How long requests took until their answer began.",
    ("part", "route"),
    buckets=(0.05, 0.1, 0.3, 1.0, 3.0, 10.0),
    registry=own,
)

GAUGES: dict[str, tuple[str, str]] = {
    "payrolls": ("payouts_payrolls", "Payrolls, by status."),
    "next_cut_off": ("payouts_next_cut_off_seconds", "Until the nearest cut-off of a payroll that is not released."),
    "missed_cut_offs": ("payouts_missed_cut_offs", "Payrolls whose cut-off passed before they were released."),
    "notices_waiting": ("payouts_notices_waiting", "Notices of payrolls of the last 60 days that are not sent yet."),
    "dispatches": ("payouts_dispatches", "Files on their way to a bank by SFTP, by status."),
    "returns_open": ("payouts_returns_open", "Payments that came back and wait for somebody."),
    "oldest_return": ("payouts_oldest_return_seconds", "Since the oldest of these came back."),
    "controls_that_differ": ("payouts_controls_that_differ", "Bodies whose last daily control does not agree."),
    "oldest_control": (
        "payouts_oldest_control_seconds",
        "Since the last daily control of whichever body waits longest.",
    ),
    "webhook_deliveries_waiting": (
        "payouts_webhook_deliveries_waiting",
        "Messages to webhooks that were not taken yet.",
    ),
    "webhooks": ("payouts_webhooks", "Webhooks, by status, the paused ones by why: failing, gone, new or person."),
    "audit_events_waiting": ("payouts_audit_events_waiting", "Events that are not linked into a chain yet."),
}
"""By what the database calls it: the metric, and what it is."""


def count(*, part: str, method: str, route: str, status: int, seconds: float) -> None:
    REQUESTS.labels(part, method, route, str(status)).inc()
    SECONDS.labels(part, route).observe(seconds)


def page(session: Session, at: datetime) -> bytes:
    """All metrics as Prometheus reads them."""
    registry = own
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    asked = CollectorRegistry()
    asked.register(Asked(standing.installation_standing(session, at), standing.tasks_standing(session, at), at))
    return generate_latest(registry) + generate_latest(asked)


class Asked:
    """What the database told, for one answer."""

    def __init__(self, rows: Iterable[Standing], tasks: Iterable[TasksStanding], at: datetime) -> None:
        self.rows = list(rows)
        self.tasks = list(tasks)
        self.at = at

    def collect(self) -> Iterator[Metric]:
        for gauge, (name, meaning) in GAUGES.items():
            family = GaugeMetricFamily(name, meaning, labels=("kind", "state"))
            for row in self.rows:
                if row.gauge == gauge:
                    family.add_metric((row.body_kind, row.state), row.value)
            yield family
        yield from self.of_tasks()

    def of_tasks(self) -> Iterator[Metric]:
        tasks = GaugeMetricFamily("payouts_tasks", "Tasks by kind: waiting, due, stopped.", labels=("task", "state"))
        for kind in self.tasks:
            tasks.add_metric((kind.kind, "waiting"), kind.waiting - kind.due)
            tasks.add_metric((kind.kind, "due"), kind.due)
            tasks.add_metric((kind.kind, "stopped"), kind.stopped)
        yield tasks
        late = [(self.at - kind.oldest_due_at).total_seconds() for kind in self.tasks if kind.oldest_due_at]
        yield GaugeMetricFamily(
            "payouts_oldest_due_task_seconds", "Since the oldest task fell due.", max(late, default=0)
        )
