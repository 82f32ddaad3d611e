import pytest
from sqlalchemy import select

from payouts import registering
from payouts.tasks import worker
from payouts.tasks.outbox import MOST_ATTEMPTS, Task, retry
from payouts.web import import_words
from schemes.audit import trail
from schemes.errors import NotNow
from schemes.imports.register_import import imports_of_body
from schemes.payee_search import payees_by_reference
from schemes.person import Role
from tests.web.visitor import csv_upload

HEADER = "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\r\n"
GOOD = "A-1,Ann Example,120.50,2026-01-05,A Example,08-99-99,66374958\r\n"
BAD = "A-2,Bob Example,-3,2026-01-05,B Example,2O-00-00,66374958\r\n"


@pytest.fixture
def start(seeded):
    return seeded


def send(person, content: bytes, name: str = "register.csv"):
    person.get("/imports/new")
    return person.press("Send the file", file=csv_upload(content, name))


def test_a_register_is_brought_in_by_two_people(preparer, signed_in, office):
    page = send(preparer, (HEADER + GOOD + BAD).encode())
    assert page.h1 == "register.csv"
    assert page.soup.find("progress") is not None
    here = page.response.request.path
    assert preparer.client.get(f"{here}/progress").json["finished"] is False

    office.work()
    assert preparer.client.get(f"{here}/progress").json["finished"] is True
    page = preparer.get(here)
    assert page.numbers == {
        "Rows in the file": "2",
        "Good rows": "1",
        "Refused rows": "1",
        "In the register already": "0",
    }
    assert page.table("refused") == [
        ["3", "Amount", "The amount is negative: “-3”", "Only amounts above zero can be paid"],
        ["3", "Sort code", "It is not a sort code: “2O-00-00”", "Write 6 digits, as in 20-00-00 Correct line 3"],
    ]
    assert preparer.press("Continue").errors == ["Choose what to do with the file"]
    preparer.press("Continue", decision="keep")
    office.work()

    page = preparer.get(here)
    assert "You sent the file, so it can’t be you" in page.text
    assert not page.has_button("Confirm bank details")
    finance = signed_in(Role.FINANCE)
    assert "register.csv" in finance.get("/").text
    finance.get(here)
    page = finance.press("Confirm bank details")
    assert page.done == ["You confirmed the bank details of 1 payee"]
    page = finance.get(finance.get("/payees?search=ann").link("A-1"))
    assert page.h1 == "Ann Example"
    assert page.table("beneficiaries") == [
        ["A-1", "Ann Example", "The person themselves", "In force", "Ann Example No address to write to"]
    ]
    [[_, holder, account, *_]] = page.table("accounts")
    assert (holder, account) == ("A Example", "ending 4958")
    assert "66374958" not in page.response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("done", "total", "seconds", "says"),
    [
        (0, 0, 30, ""),
        (5000, 20000, 0.4, ""),
        (10000, 0, 2, " That is 5,000 rows a second."),
        (10000, 20000, 1, " That is 10,000 rows a second, with 1 second left."),
        (10000, 1_000_000, 1, " That is 10,000 rows a second, with 2 minutes left."),
        (1, 100, 50, " That is 1 row a second, with 82 minutes left."),
        (20000, 20000, 2, " That is 10,000 rows a second."),
    ],
)
def test_the_pace_is_told_in_rows_a_second_and_the_time_that_is_left(done, total, seconds, says):
    assert import_words.pace(done, total, seconds) == says


def test_whoever_waits_sees_how_far_it_has_come_how_fast_and_how_long_it_takes(preparer, office, clock):
    here = send(preparer, (HEADER + GOOD).encode()).response.request.path
    office.work()
    preparer.get(here)
    preparer.press("Continue", decision="keep")
    with office.transaction() as session:
        brought = imports_of_body(session)[0]
        brought.rows_good, brought.rows_done = 30_000, 10_000
    clock.advance(seconds=5)
    words = "Wrote 10,000 rows of 30,000 so far. That is 2,000 rows a second, with 10 seconds left."
    assert preparer.client.get(f"{here}/progress").json["words"] == words
    assert words in preparer.get(here).text


def test_a_file_whose_reading_keeps_being_killed_says_so_and_can_be_discarded(preparer, office):
    here = send(preparer, (HEADER + GOOD).encode()).response.request.path
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id).where(Task.kind == "import.read")).one()
        brought = imports_of_body(session)[0]
        with pytest.raises(NotNow):
            registering.discard(session, brought, by=office.harbour.people[Role.PREPARER], at=office.service.now())
    for _ in range(MOST_ATTEMPTS):
        worker.note_cut_off(office.service, task_id, office.harbour.body_id)
    assert preparer.client.get(f"{here}/progress").json["finished"]
    page = preparer.get("/imports")
    assert "Stopped" in page.text
    assert "Being read" not in page.text
    page = preparer.get(here)
    assert "The file could not be read to its end. It was cut off in the middle each time" in page.text
    assert f"payouts task retry {task_id}" in page.text
    assert "Being read" not in page.text
    page = preparer.press("Discard the file")
    assert "Nothing of this file was kept" in page.text
    with office.transaction() as session:
        retry(session, task_id, at=office.service.now())
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert "Nothing of this file was kept" in preparer.get(here).text


def test_rows_that_stopped_on_their_way_into_the_register_are_tried_again(preparer, office):
    here = send(preparer, (HEADER + GOOD).encode()).response.request.path
    office.work()
    preparer.get(here)
    preparer.press("Continue", decision="keep")
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id).where(Task.kind == "import.land")).one()
    for _ in range(MOST_ATTEMPTS):
        worker.note_cut_off(office.service, task_id, office.harbour.body_id)
    assert "The rows could not be written into the register." in preparer.get(here).text
    with office.transaction() as session:
        retry(session, task_id, at=office.service.now())
    assert "Being written" in preparer.get(here).text
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert "To be confirmed" in preparer.get(here).text


def test_nothing_of_a_discarded_file_stays(preparer, office):
    here = send(preparer, (HEADER + GOOD).encode()).response.request.path
    office.work()
    preparer.get(here)
    page = preparer.press("Continue", decision="discard")
    assert "Nothing of this file was kept" in page.text
    with office.transaction() as session:
        assert payees_by_reference(session) == []


def test_a_file_sent_twice_is_one_import(preparer, office):
    preparer.get("/imports/new")
    first = preparer.send("Send the file", file=csv_upload((HEADER + GOOD).encode()))
    second = preparer.send("Send the file", file=csv_upload((HEADER + GOOD).encode()))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    with office.transaction() as session:
        assert len(imports_of_body(session)) == 1


def test_what_was_put_right_is_shown_row_by_row_before_anybody_decides(preparer, office):
    eaten = "A-3,Cat Example,1.00,2026-01-05,C Example,89999,66374958\r\n"
    windows = "A-4,Zoë Example,1.00,2026-01-05,Z Example,08-99-99,66374958\r\n".encode("cp1252")
    here = send(preparer, (HEADER + GOOD + eaten).encode() + windows).response.request.path
    office.work()
    page = preparer.get(here)
    assert page.numbers["Good rows"] == "3"
    assert "We put something right in 2 rows" in page.text
    zero = "We put back the zero at the start that a spreadsheet takes off: “89999” became “08-99-99”"
    accents = "We read it as written by an older Windows program. Check letters with accents: “Zoë Example”"
    assert page.table("mended") == [["3", "Sort code", zero], ["4", "Beneficiary name", accents]]


def test_a_file_that_is_not_plain_is_read_and_the_page_says_how(preparer, office):
    content = (HEADER + GOOD).replace(",", ";").encode("utf-16")
    page = preparer.get(send(preparer, content).response.request.path)
    office.work()
    page = preparer.get(page.response.request.path)
    assert page.numbers["Good rows"] == "1"
    assert "The file was saved as UTF-16, and was read so." in page.text
    assert "The cells are separated by semicolons, and were read so." in page.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file has no rows"),
        (b"PK\x03\x04spreadsheet", "looks like a spreadsheet but can’t be opened"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"%PDF-1.7\x00\r\n", "neither a CSV file nor a spreadsheet"),
        (b"reference,amount\r\nA,1\r\n", "The file lacks the columns"),
        ((",".join(f"c{n}" for n in range(60)) + "\r\n").encode(), "The file has 60 columns"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(preparer, office, content, says):
    here = send(preparer, content).response.request.path
    office.work()
    page = preparer.get(here)
    assert says in page.text
    assert "Nothing of this file was kept" in page.text


def test_a_fault_that_an_earlier_release_found_is_still_told(preparer, office):
    here = send(preparer, b"").response.request.path
    office.work()
    with office.transaction() as session:
        imports_of_body(session)[0].fault = {"fault": "not_utf8", "line": 2}
    assert "Nothing of this file was kept" in preparer.get(here).text


def test_no_file_and_a_file_that_is_too_large(preparer, app):
    preparer.get("/imports/new")
    assert preparer.press("Send the file").errors == ["Choose a CSV file or a spreadsheet"]
    app.config["MAX_CONTENT_LENGTH"] = 1000
    page = send(preparer, b"x" * 5000)
    assert page.status == 413
    assert page.h1 == "The file is too large"


def test_the_refused_rows_can_be_taken_put_right_and_sent_again(preparer, office):
    formula = 'A-3,"=HYPERLINK(""x"")",1.00,2026-01-05,C Example,08-99-99,66374958\r\n'
    here = send(preparer, (HEADER + GOOD + BAD + formula).encode()).response.request.path
    office.work()
    preparer.get(here)
    response = preparer.send("Download refused.csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == "attachment; filename=refused.csv"
    lines = response.get_data().decode("utf-8-sig").splitlines()
    assert lines[0].endswith("line,what_is_wrong")
    assert lines[1].startswith("A-2,Bob Example")
    assert "'=HYPERLINK" in lines[2]
    workbook = preparer.send("Download refused.xlsx")
    assert workbook.get_data().startswith(b"PK")
    assert workbook.headers["Content-Disposition"] == "attachment; filename=refused.xlsx"
    with office.transaction() as session:
        assert [event.action for event in trail(session, limit=2)] == ["import.refused_rows_downloaded"] * 2


def test_the_example_file_is_a_register_that_is_taken_whole(preparer, office):
    example = preparer.client.get("/imports/example.csv").get_data()
    here = send(preparer, example).response.request.path
    office.work()
    assert preparer.get(here).numbers["Refused rows"] == "0"


def test_an_approver_cannot_send_a_register_and_is_told_who_can(signed_in, harbour):
    page = signed_in(Role.APPROVER).get("/imports/new")
    assert page.status == 403
    assert page.h1 == "You can’t do this"
    assert harbour.people[Role.PREPARER].name in page.text
