"""Files of payees through the API: sent, read, kept, and what is wrong with them told."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from payouts.tasks import worker
from payouts.tasks.outbox import MOST_ATTEMPTS, Task, TaskState
from schemes.api_key import Scope
from tests.api.caller import problem
from tests.api.test_writing import pointers

CSV = (
    "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\n"
    "IMP-1,Ann Other,12.50,2026-11-01,Ann Other,202959,63748472\n"
    "IMP-2,Bo Other,0,2026-11-01,Bo Other,202959,63748472\n"
)


def send_file(caller, content, kind, path="/imports?scheme=HIL&file_name=new.csv"):
    headers = {"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": "f-1", "Content-Type": kind}
    return caller.client.post(f"/api/v1{path}", data=content, headers=headers)


def as_lines(csv):
    head, *lines = [line.split(",") for line in csv.splitlines()]
    return "\n".join(json.dumps(dict(zip(head, line, strict=True))) for line in lines)


@pytest.mark.parametrize(("kind", "content"), [("text/csv", CSV), ("application/x-ndjson", as_lines(CSV))])
def test_a_file_is_sent_read_and_kept_and_its_bad_rows_told(office, caller, kind, content):
    sender = caller(Scope.READ, Scope.PAYEES, Scope.AWARDS)
    answer = send_file(sender, content, kind)
    assert (answer.status_code, answer.json["status"]) == (202, "reading"), answer.json
    assert send_file(sender, content, kind).json["id"] == answer.json["id"]
    office.work()
    path = f"/imports/{answer.json['id']}"
    read = sender.get(path).json
    assert (read["status"], read["rows_good"], read["rows_refused"]) == ("read", 1, 1)
    (row,) = sender.all(f"{path}/refused_rows")
    assert (row["line"], row["faults"]) == (3, [{"field": "amount", "reason": "amount_zero"}])
    assert problem(sender.post(f"{path}/keep", {"whole": True})) == "not-now"
    assert sender.post(f"{path}/keep", {}).status_code == 202
    office.work()
    assert sender.get(path).json["status"] == "landed"
    (details,) = sender.get("/payees/IMP-1/bank_details").json["data"]
    assert details["state"] == "waiting"


def test_a_refused_row_is_sent_again_before_the_file_is_kept(office, caller):
    sender = caller(Scope.READ, Scope.PAYEES, Scope.AWARDS)
    path = f"/imports/{send_file(sender, CSV, 'text/csv').json['id']}"
    office.work()
    name = "Bo Other"
    row = {"reference": "IMP-2", "beneficiary_name": name, "start_date": "2026-11-01", "account_name": name}
    row["sort_code"] = "202959"
    wrong = sender.post(f"{path}/rows/3", {**row, "amount": "0"})
    assert (wrong.json["outcome"], wrong.json["faults"]) == ("refused", [{"field": "amount", "reason": "amount_zero"}])
    good = sender.post(f"{path}/rows/3", {**row, "amount": "8.00"})
    assert (good.status_code, good.json["outcome"], good.json["faults"]) == (200, "good", [])
    assert problem(sender.post(f"{path}/rows/99", row)) == "not-found"
    assert pointers(sender.post(f"{path}/rows/3", {**row, "iban": "x"})) == ["#/iban"]
    assert (sender.get(path).json["rows_good"], sender.get(path).json["rows_refused"]) == (2, 0)
    assert sender.post(f"{path}/keep", {"whole": True}).status_code == 202
    office.work()
    assert problem(sender.post(f"{path}/rows/3", row)) == "not-now"
    (details,) = sender.get("/payees/IMP-2/bank_details").json["data"]
    assert details["account_number_ends"] == "8472"
    assert problem(sender.post(f"{path}/check_names", {})) == "refused", "nobody is set up to ask"


def test_whoever_sent_a_file_hears_that_the_work_on_it_stopped(office, caller):
    sender = caller(Scope.READ, Scope.PAYEES, Scope.AWARDS)
    sent = send_file(sender, CSV, "text/csv").json
    with office.transaction() as session:
        waiting = select(Task.id).where(Task.kind == "import.read", Task.state == TaskState.WAITING)
        task_id = session.scalars(waiting).one()
    assert sent["stopped"] is False
    for _ in range(MOST_ATTEMPTS):
        worker.note_cut_off(office.service, task_id, office.harbour.body_id)
    assert sender.get(f"/imports/{sent['id']}").json["stopped"] is True
    assert [one["stopped"] for one in sender.all("/imports") if one["id"] == sent["id"]] == [True]


def test_a_file_of_another_kind_or_with_a_broken_line_is_refused(caller):
    sender = caller(Scope.PAYEES, Scope.AWARDS)
    assert problem(send_file(sender, CSV, "application/pdf")) == "unsupported-media-type"
    answer = send_file(sender, '{"reference": "A"}\n{"reference": ', "application/x-ndjson")
    assert pointers(answer) == ["#/2"]
