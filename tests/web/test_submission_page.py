"""Recording the submission of several files in the browser, each checked against the approved one of its own."""

from __future__ import annotations

import io

import pytest

from payouts.files.payment_file import get_file
from payouts.files.segment import open_content
from schemes.person import Role
from tests.payouts.channels.several import download_one, released_in_several_files


@pytest.fixture
def start(landed):
    return landed


def test_of_several_files_a_releaser_says_which_were_sent(office, owner, signed_in):
    payroll_id, files = released_in_several_files(office, owner)
    for file_id in files:
        download_one(office, payroll_id, file_id)
    with office.transaction() as session:
        second = get_file(session, payroll_id, files[1])
        content = open_content(session, office.service.seals, second).read()
    releaser, here = signed_in(Role.RELEASER), f"/payrolls/{payroll_id}"
    releaser.get(f"{here}/check-file?file={files[0]}")
    page = releaser.press("Check the file", file=(io.BytesIO(content), "sent.txt"))
    assert f"byte for byte, {second.name}" in page.text
    assert "which you wanted to check, but another file of this payroll" in page.text

    page = releaser.get(f"{here}/submission")
    assert "Last checked The approved file, by" in page.text
    assert releaser.press("Record the submission", reference="B-1").errors == ["Choose the files that were sent"]
    page = releaser.press("Record the submission", reference="B-1", files=[str(files[0])])
    left = len(files) - 1
    assert page.done == [f"You recorded the submission. {left} files are left"]
    assert page.steps["Submitted to the bank"] == "In progress"
    assert f"{left} files are still to be sent, or to be recorded as submitted." in page.text
    releaser.get(f"{here}/submission")
    page = releaser.press("Record the submission", reference="B-2", files=[str(file_id) for file_id in files[1:]])
    assert page.done == ["You recorded the submission. Payees are now told that their money is on its way"]
    assert f"1 of {len(files)}" not in page.text
    assert "The submission of each file is recorded already." in releaser.get(f"{here}/submission").text
