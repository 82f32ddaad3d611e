"""A scheme is defined on screen, page by page, its rule tried out, and proposed to somebody else who confirms it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from schemes.database import new_id
from schemes.gate_rule import Tier
from schemes.period import Frequency, PayDay
from schemes.person import Role
from schemes.scheme import scheme_of_code
from schemes.scheme_draft import SchemeDraft
from schemes.scheme_version import newest, versions_of

SAVE = "Save and go on"


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def draft(preparer):
    """The address of a new draft that begins from weekly support by the hour."""
    preparer.get("/schemes/new")
    return preparer.press("Go on", start="weekly_hours").response.request.path


@pytest.fixture
def next_version(preparer, harbour):
    """The address of a draft of the demo scheme's next version."""
    preparer.get(f"/schemes/{harbour.scheme_id}")
    return preparer.press("Change the scheme").response.request.path


def save(visitor, address, **fields):
    visitor.get(address)
    return visitor.press(SAVE, **fields)


def name_it(preparer, draft, **fields):
    return save(preparer, f"{draft}/about", **{"name": "Help", "code": "hsw", "pays_for": "Hours at home", **fields})


def definition_of(office, draft):
    with office.transaction() as session:
        return session.scalars(select(SchemeDraft).where(SchemeDraft.id == draft.rpartition("/")[2])).one().definition


def test_a_scheme_is_defined_by_one_person_and_is_there_when_another_confirms_it(preparer, draft, signed_in, office):
    assert preparer.get(draft).steps["Name, code and purpose"] == "Not started"
    page = preparer.get(f"{draft}/propose")
    assert "can’t be proposed yet: Name, code and purpose – not answered yet Go back" in page.text
    assert page.link("Name, code and purpose").endswith("/about")
    assert set(name_it(preparer, draft).steps.values()) == {"Completed"}
    page = preparer.get(preparer.get(draft).link("Check your answers"))
    assert ["Name", "Help"] in page.table("rows")
    assert preparer.press("Propose it").errors == ["Say why"]
    proposed = preparer.press("Propose it", reason="Cabinet decided")
    assert proposed.h1 == "Scheme HSW: a new scheme"
    assert "someone else must confirm it" in proposed.text
    finance = signed_in(Role.FINANCE)
    finance.get(proposed.response.request.path)
    finance.press("Save the decision", decision="confirm", code=finance.code())
    with office.transaction() as session:
        scheme = scheme_of_code(session, "HSW")
        definition = newest(session, scheme.id).definition
    assert (definition.name, definition.schedule.frequency) == ("Help", Frequency.WEEKLY)
    page = finance.get(f"/schemes/{scheme.id}")
    assert page.h1 == "Help"
    assert page.table("coming")[3][:2] == ["21 December 2026 to 27 December 2026", "Thursday 31 December 2026"]


@pytest.mark.parametrize(
    ("part", "fields", "says"),
    [
        ("about", {"name": "", "code": "H", "pays_for": "x"}, "Enter a value"),
        ("periods", {"first_day": ["31", "2", "2026"]}, "Enter a real date, as day, month and year"),
        ("periods", {"frequency": "custom", "listed": "1/9 to 2/9"}, "Line 1 can’t be read. Write it like 1/9/2026"),
        ("periods", {"frequency": "custom", "listed": ""}, "Enter a value"),
        ("pay-day", {"pay_day": "day_of_period", "pay_days": "0"}, "Enter a value from 1 to 366"),
        ("pay-day", {"pay_day": "day_of_period", "pay_days": "x"}, "Enter a whole number"),
        ("limits", {"payment": "500", "payroll": "499"}, "The limit of a payroll must not be below"),
        ("limits", {"payment": "lots"}, "Enter an amount in pounds"),
        ("reference", {"reference": "{payroll}"}, "Use both {payroll} and {number}"),
        ("reference", {"reference": "HARBOUR {payroll}-{number}"}, "Use at most 18"),
        ("pays-0", {"code": "Ä"}, "Use letters and numbers only"),
        ("pays-1", {"name": "More", "code": "support", "kind": "fixed"}, "This code is taken"),
        ("amount-0", {"whose_rate": "scheme", "rate": ""}, "Enter a value from £0.01"),
        ("amount-0", {"least": "600"}, "The maximum must not be below the minimum"),
        ("gate-2", {"people_needed": "0"}, "Enter a value from 1 to 9"),
        ("gate-2", {"tiers": "100,000 = 2 auditors"}, "Line 1 can’t be read. Write it like 100,000 = 2 approvers"),
        ("gate-2", {"tiers": "100,000 = 1 approver"}, "Enter a value from 2 to 9"),
        ("codes-0", {"vat": "x" * 41}, "Use at most 40"),
    ],
)
def test_what_does_not_fit_is_told_on_its_page_and_not_kept(preparer, draft, office, part, fields, says):
    before = definition_of(office, draft)
    page = save(preparer, f"{draft}/{part}", **fields)
    assert (page.status, len(page.errors)) == (422, 1 + (part == "about"))
    assert says in page.errors[0]
    assert definition_of(office, draft) == before


def test_periods_listed_by_hand_come_back_as_they_were_typed(preparer, draft, office):
    lines = "1/9/2026 to 18/12/2026 paid 15/9/2026\n4/1/2027 to 26/3/2027 paid 15/1/2027"
    save(preparer, f"{draft}/periods", frequency="custom", first_day=["1", "9", "2026"], listed=lines)
    schedule = definition_of(office, draft).schedule
    assert (len(schedule.listed), schedule.pay_day) == (2, PayDay.LISTED)
    assert preparer.get(f"{draft}/periods").soup.find("textarea").get_text().split("\n")[-2:] == lines.split("\n")


def test_a_rule_by_bands_is_typed_a_line_a_band(preparer, draft, office):
    page = save(preparer, f"{draft}/pays-1", name="Children", code="children", kind="bands")
    assert page.h1 == "How the amount is worked out"
    assert preparer.get(f"{draft}/examples-1").link("Say how the amount is worked out").endswith("amount-1")
    typed = {"unit": "children", "band_pays": "amount", "bands": "0 = 0\n1 = 26.05\n2 = 43.30"}
    assert save(preparer, f"{draft}/amount-1", **{**typed, "bands": "0 : 0"}).errors == [
        "Line 1 can’t be read. Write it like 0 = 26.05"
    ]
    save(preparer, f"{draft}/amount-1", **typed)
    assert [band.pence for band in definition_of(office, draft).components[1].rule.bands] == [0, 2605, 4330]
    preparer.get(f"{draft}/examples-1")
    assert "3 children, in the band from 2: £43.30" in preparer.press("Work it out", units="3").text


def test_a_rule_is_tried_out_step_by_step_and_an_example_that_fails_stops_the_proposal(preparer, draft):
    name_it(preparer, draft)
    here = f"{draft}/examples-0"
    preparer.get(here)
    assert preparer.press("Work it out").errors == ["Enter a value", "Enter a value"]
    page = preparer.press("Work it out", units="38.5", rate="14.20")
    assert "The rule pays £500.00" in page.text
    assert "38.5 hours × £14.20 = £546.70" in page.text
    assert "capped at £500.00" in page.text
    assert preparer.press("Keep as", keep="1", units="38.5", rate="14.20").errors == ["Enter what it should pay"]
    page = preparer.press("Keep as", keep="1", units="38.5", rate="14.20", expected="546.70")
    assert page.table("examples")[1][:5] == ["38.5 hours at £14.20", "All", "£546.70", "£500.00", "No"]
    assert preparer.get(draft).steps["Support: worked examples"] == "Put right"
    page = preparer.get(f"{draft}/propose")
    assert "The example was expected to pay £546.70, but the rule pays £500.00" in page.text
    assert not page.has_button("Propose it")
    preparer.get(here)
    preparer.press("Take away 38.5 hours", take_away="1")
    assert len(preparer.get(here).table("examples")) == 1


def test_a_new_version_is_shown_beside_what_counts_now(preparer, next_version, signed_in, harbour, office):
    save(preparer, f"{next_version}/limits", payment="2,000", payroll="6,000,000")
    page = preparer.get(f"{next_version}/propose")
    assert ["Most for one payment", "£10,000.00", "£2,000.00"] in page.table("rows")
    assert ["Name", "Independent living payments", "Stays as it is"] in page.table("rows")
    refused = preparer.press("Propose it", effective_from=["2", "12", "2026"], reason="A fraud")
    assert refused.errors == ["No period of this scheme begins on 2 December 2026. Enter the first day of a period"]
    proposed = preparer.press("Propose it", effective_from=["1", "12", "2026"], reason="A fraud")
    assert "waits for a second person" in preparer.get(f"/schemes/{harbour.scheme_id}").text
    assert "was proposed, so it can’t be changed" in preparer.get(next_version).text
    approver = signed_in(Role.APPROVER)
    approver.get(proposed.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    with office.transaction() as session:
        versions = versions_of(session, harbour.scheme_id)
    assert [version.definition.payment_limit_pence for version in versions] == [200_000, 1_000_000]
    page = approver.get(f"/schemes/{harbour.scheme_id}")
    assert [row[0] for row in page.table("versions")] == ["Version 2", "Version 1"]
    assert [row[2] for row in page.table("coming")][:2] == ["1", "2"]
    assert not page.has_button("Change the scheme")


def test_a_draft_that_was_rejected_can_be_put_right_and_proposed_again(preparer, draft, signed_in):
    name_it(preparer, draft)
    preparer.get(f"{draft}/propose")
    proposed = preparer.press("Propose it", reason="Cabinet decided").response.request.path
    finance = signed_in(Role.FINANCE)
    finance.get(proposed)
    finance.press("Save the decision", decision="reject", reason="The name tells nothing")
    name_it(preparer, draft, name="Help by the hour")
    preparer.get(f"{draft}/propose")
    assert preparer.press("Propose it", reason="With a better name").h1 == "Scheme HSW: a new scheme"


def test_a_scheme_that_there_is_keeps_its_code_and_its_draft_is_begun_once(preparer, next_version, harbour):
    page = preparer.get(f"{next_version}/about")
    assert page.soup.find("input", {"name": "code"}) is None
    assert preparer.press(SAVE, name="Living", code="ABC").steps["Name, code and purpose"] == "Put right"
    again = preparer.get(preparer.get(f"/schemes/{harbour.scheme_id}").link("Go on with the draft"))
    assert again.response.request.path == next_version


def test_a_draft_that_is_discarded_is_off_the_list_and_never_changed(preparer, draft):
    preparer.get(draft)
    assert preparer.press("Discard the draft").done == ["You discarded the draft"]
    assert "Without a name yet" not in preparer.get("/schemes").text
    assert "This draft was discarded" in preparer.get(draft).text
    assert name_it(preparer, draft).errors == ["This draft is discarded, so it can’t be changed now"]


@pytest.mark.parametrize("part", ["nothing", "amount-1", "amount--1", "pays-2", "gate-4", "amount-x", "examples-9"])
def test_a_page_that_a_draft_does_not_have_is_not_found(preparer, draft, part):
    assert preparer.get(f"{draft}/{part}").status == 404


def test_only_proposers_are_offered_a_draft_and_everybody_may_read_one(draft, signed_in):
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get(draft)
    assert page.status == 200
    assert not page.has_button("Discard")
    assert auditor.get(f"{draft}/about").status == 403
    assert auditor.get("/schemes/new").status == 403
    assert auditor.get(f"/schemes/drafts/{new_id()}").status == 404


def test_a_gate_is_added_moved_and_taken_away_and_the_four_stay(preparer, draft, office):
    page = preparer.get(f"{draft}/gates")
    assert not page.has_button("Take away")
    assert preparer.press("Add the gate").errors == ["Choose what the gate is about", "Enter the name of the gate"]
    page = preparer.press("Add the gate", kind="approve", name="Head of service")
    assert page.h1 == "A gate that each payroll passes"
    save(preparer, page.response.request.path, tiers="100,000 = 2 approvers\n£250,000.50 = 1 finance officer")
    preparer.get(f"{draft}/gates")
    preparer.press("Move up Head of service", act="up-3")
    gates = definition_of(office, draft).gates
    assert [gate.name for gate in gates] == ["Ready", "Funds", "Head of service", "Approve", "Release"]
    assert gates[2].tiers == (Tier(100_000_00, Role.APPROVER, 2), Tier(250_000_50, Role.FINANCE, 1))
    assert preparer.get(f"{draft}/gate-2").soup.find(id="tiers").get_text().strip().split("\n") == [
        "100,000.00 = 2 approvers",
        "250,000.50 = 1 finance officer",
    ]
    for act in ("away-0", "up-2", "down-4", "away-4", "away-x", "up--1"):
        preparer.get(f"{draft}/gates")
        preparer.press("Move down Head of service", act=act)
    assert definition_of(office, draft).gates == gates
    preparer.get(f"{draft}/gates")
    preparer.press("Take away Head of service", act="away-2")
    assert [gate.name for gate in definition_of(office, draft).gates] == ["Ready", "Funds", "Approve", "Release"]
