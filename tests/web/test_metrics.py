"""Numbers for Prometheus: for whoever has the token, of nobody in particular, and added up over the web processes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from payouts.app import create_app
from payouts.tasks import outbox

TOKEN = "of-prometheus"


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def prometheus(service):
    """Asks for the metrics: each by its name, with what is counted by its labels in the order of their names."""
    app = create_app(replace(service, settings=replace(service.settings, metrics_token=TOKEN)))

    def ask():
        answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
            for family in text_string_to_metric_families(answer.text)
        }

    ask.app = app
    return ask


def test_without_a_token_of_the_installations_there_are_no_metrics_and_without_the_right_one_they_are_refused(
    service, app, prometheus
):
    assert app.test_client().get("/metrics").status_code == 404
    browser = prometheus.app.test_client()
    assert browser.get("/metrics").status_code == 403
    assert browser.get("/metrics", headers={"Authorization": "Bearer of-somebody"}).status_code == 403


def test_requests_are_counted_by_the_pattern_of_their_route(prometheus):
    before = prometheus()["payouts_requests"]
    prometheus.app.test_client().get("/follow/somebodys-secret-link")
    prometheus.app.test_client().get("/api/v1/payees/HILF-00001")
    after = prometheus()["payouts_requests"]
    new = {labels for labels, value in after.items() if value != before.get(labels)}
    assert ("GET", "pages", "/follow/<process_id>", "404") in new
    assert not [labels for labels in after if "secret" in str(labels) or "HILF" in str(labels)]


def test_the_installation_stands_as_the_database_has_it(office, clock, owner, prometheus):
    with office.transaction() as session:
        outbox.add(session, "ledger.control", once="late", at=clock())
        outbox.add(session, "ledger.control", once="stopped", at=clock())
        session.execute(text("UPDATE task SET state = 'stopped', ended_at = due_at WHERE once = 'stopped'"))
    clock.advance(minutes=2)
    told = prometheus()
    assert told["payouts_payrolls"] == {("sandbox", "sealed"): 1}
    assert told["payouts_next_cut_off_seconds"]["sandbox", ""] > 3600
    assert told["payouts_tasks"]["due", "ledger.control"] == 1
    assert told["payouts_tasks"]["stopped", "ledger.control"] == 1
    assert told["payouts_oldest_due_task_seconds"][()] == 120
    assert told["payouts_audit_events_waiting"]["", ""] > 0
    clock.advance(days=60)
    later = prometheus()
    assert later["payouts_missed_cut_offs"] == {("sandbox", ""): 1}
    assert ("sandbox", "") not in later["payouts_next_cut_off_seconds"]


def test_several_web_processes_are_added_up(tmp_path):
    """Each counts in files of its own; the one that is asked reads them all."""
    counting = (
        "from payouts import metrics; "
        "metrics.count(part='pages', method='GET', route='/payees', status=200, seconds=0.2)"
    )
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    adding = (
        "from prometheus_client import CollectorRegistry, generate_latest; "
        "from prometheus_client.multiprocess import MultiProcessCollector; "
        "registry = CollectorRegistry(); MultiProcessCollector(registry); print(generate_latest(registry).decode())"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", counting], env=environment, check=True)
    asked = subprocess.run(
        [sys.executable, "-c", adding], env=environment, check=True, capture_output=True, text=True
    ).stdout
    counted = 'payouts_requests_total{method="GET",part="pages",route="/payees",status="200"} 2.0'
    assert counted in asked
