"""The kinds of work, each with what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payouts import api_reply, building, building_one_offs, erasure, matching, registering
from payouts.channels import certificate_warning
from payouts.channels import collecting as channel_collecting
from payouts.channels import sending as channel_sending
from payouts.checks import run as checks_run
from payouts.confirmation import asking
from payouts.difference import run as difference_run
from payouts.files import part, sealing
from payouts.first_hour import sign_up
from payouts.gates import reminding
from payouts.ledger import control
from payouts.notices import forecast, news, planning, receipts, sending, staff, warning
from payouts.parallel_run import comparing
from payouts.responses import applying, closing, correction
from payouts.returns import building_reissues, trace_reminding, trace_telling
from payouts.sandbox.bank import days as bank_days
from payouts.statement import reading, rule
from payouts.webhooks import sending as webhook_sending


@dataclass(frozen=True)
class OnDatabase:
    """Work on the database alone: `run(session, service, args)` in the transaction that also ends the task."""

    run: Callable[[Any, Any, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Outside:
    """Work with outside effects: `run(hold, service, args)` opens its own transactions; args has the `body_id`.

    Before each effect it asks the hold whether the task is still its own.
    """

    run: Callable[[Any, Any, Mapping[str, Any]], None]


KINDS: dict[str, OnDatabase | Outside] = {
    "import.read": OnDatabase(registering.read),
    "import.land": OnDatabase(registering.land),
    "duplicates.look": OnDatabase(matching.look),
    "duplicates.look_at_beneficiaries": OnDatabase(matching.look_at_beneficiaries),
    "api.forget": OnDatabase(api_reply.look),
    "sign_up.forget": OnDatabase(sign_up.forget),
    "retention.look": OnDatabase(erasure.look),
    "payroll.plan": OnDatabase(building.plan),
    "payroll.build": OnDatabase(building.build_chunk),
    "payroll.build_one_offs": OnDatabase(building_one_offs.build_one_offs),
    "payroll.compare_plan": OnDatabase(difference_run.plan),
    "payroll.compare": OnDatabase(difference_run.compare_chunk),
    "payroll.check": OnDatabase(checks_run.plan),
    "payroll.check_chunk": OnDatabase(checks_run.check_chunk),
    "payroll.seal": OnDatabase(sealing.seal),
    "gates.remind": OnDatabase(reminding.remind),
    "gates.tell_no_go": OnDatabase(reminding.tell_of_no_go),
    "payroll.seal_part": OnDatabase(part.seal_part),
    "parallel_run.compare": OnDatabase(comparing.compare_run),
    "ledger.control": OnDatabase(control.control),
    "corrections.read": OnDatabase(correction.read_on),
    "response.read": OnDatabase(applying.read),
    "response.apply": OnDatabase(applying.apply_chunk),
    "payroll.close": OnDatabase(closing.close),
    "connection.warn": OnDatabase(certificate_warning.warn),
    "channel.send": Outside(channel_sending.send),
    "statement.read": OnDatabase(reading.read),
    "statement.rule": OnDatabase(rule.try_on_suspense),
    "sandbox.bank_day": OnDatabase(bank_days.pass_day),
    "channel.collect": Outside(channel_collecting.collect),
    "payroll.build_reissues": OnDatabase(building_reissues.build_reissues),
    "trace.tell": OnDatabase(trace_telling.tell),
    "trace.remind": OnDatabase(trace_reminding.remind),
    "notices.count": OnDatabase(forecast.count),
    "notices.plan": OnDatabase(planning.plan),
    "notices.moved": OnDatabase(planning.plan_moved),
    "notices.look": OnDatabase(planning.look),
    "notices.send": Outside(sending.send),
    "notices.poll": Outside(receipts.poll),
    "staff.tell": OnDatabase(news.tell),
    "staff.send": Outside(staff.send),
    "details.warn": Outside(warning.send),
    "webhook.send": Outside(webhook_sending.send),
    "webhook.forget": OnDatabase(webhook_sending.forget),
    "confirmation.ask": Outside(asking.ask),
    "confirmation.ask_one": Outside(asking.answer_entry),
}
