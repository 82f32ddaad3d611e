"""Who is told of what: a query for each kind of fact, and the statement that writes a notice for each of its rows.

A query gives payroll_id, payee_id, subject_id, event, attempt, follows_id, used (ways that were tried), payment_count,
total_pence, last_four, for_another, facts, and blocked: whoever cannot be told well gets a row and no message.
"""

from __future__ import annotations

from payouts.notices.event import NoticeEvent

# Email stands on the payee; other contacts are looked at only where they are needed
WRITE = """
INSERT INTO notice (body_id, id, payroll_id, payee_id, subject_id, event, channel, language, attempt, follows_id,
                    status, payment_count, total_pence, last_four, for_another, facts, has_next, plan_id, part, made_at)
SELECT payee.body_id, uuidv7(), told.payroll_id, payee.id, told.subject_id, told.event,
       CASE way.found WHEN '' THEN 'email' ELSE way.found END, payee.language, told.attempt, told.follows_id,
       CASE WHEN told.blocked OR payee.merged_into IS NOT NULL OR payee.erased_at IS NOT NULL THEN 'held_back'
            WHEN way.found = '' THEN 'no_address' ELSE 'planned' END,
       told.payment_count, told.total_pence, told.last_four, told.for_another, told.facts, false,
       CAST(:plan_id AS uuid), (row_number() OVER (ORDER BY payee.id) - 1) / :chunk, :at
  FROM ({told}) told
  JOIN payee ON payee.id = told.payee_id
{way}
 WHERE way.found <> '' OR told.follows_id IS NULL
ON CONFLICT DO NOTHING
"""
REACHED_BY = """(:sends_{way} AND NOT '{way}' = ANY (told.used) AND EXISTS (
    SELECT FROM contact WHERE contact.body_id = payee.body_id AND contact.payee_id = payee.id
       AND contact.channel = '{way}' AND contact.ended_at IS NULL AND (contact.is_safe OR NOT payee.safe_contact)))"""
REACHED_BY_EMAIL = "(:sends_email AND NOT 'email' = ANY (told.used) AND payee.email IS NOT NULL)"
WAY_OF_A_PAYEE = """
 CROSS JOIN LATERAL (
     SELECT CASE WHEN payee.preferred_channel = 'text' AND {text} THEN 'text'
                 WHEN payee.preferred_channel = 'letter' AND {letter} THEN 'letter'
                 WHEN {email} THEN 'email' WHEN {text} THEN 'text' WHEN {letter} THEN 'letter' ELSE '' END AS found) way
""".format(email=REACHED_BY_EMAIL, text=REACHED_BY.format(way="text"), letter=REACHED_BY.format(way="letter"))
HAS_A_NUMBER_ABROAD = (
    "EXISTS (SELECT FROM contact WHERE contact.body_id = payee.body_id AND contact.payee_id = payee.id "
    "AND contact.channel = 'text' AND contact.ended_at IS NULL AND left(contact.value, 3) <> '+44')"
)
NONE_USED = "CAST(ARRAY[] AS text[]) AS used"

HELD_PAYEE = "EXISTS (SELECT FROM hold WHERE hold.payee_id = {payee} AND hold.lifted_at IS NULL)"
GRAVELY_HELD = (
    "EXISTS (SELECT FROM hold WHERE hold.lifted_at IS NULL AND hold.kind <> 'on_hold' "
    "AND (hold.payee_id = {payee} OR hold.beneficiary_id = {beneficiary}))"
)
OF_ONESELF = (
    "EXISTS (SELECT FROM mandate WHERE mandate.body_id = {of}.body_id AND mandate.beneficiary_id = {of}.beneficiary_id "
    "AND mandate.payee_id = {payee} AND mandate.capacity = 'self')"
)

# whom two people saw to be paid for an estate is told like any other payee
FOR_ESTATE = (
    "EXISTS (SELECT FROM claim WHERE claim.body_id = payment.body_id AND claim.to_payee_id = payment.payee_id "
    "AND claim.beneficiary_id = payment.beneficiary_id AND claim.confirmed_at IS NOT NULL)"
)

# the payments of a payroll, a row a payee. A dead person's money is nobody's good news
A_ROW_A_PAYEE = f"""
SELECT payment.payroll_id, payment.payee_id, count(*) FILTER (WHERE live.ok) AS payment_count,
       coalesce(sum(payment.amount_pence) FILTER (WHERE live.ok), 0) AS total_pence,
       bool_and(payment.account_id IS NULL) AS by_cheque, coalesce(min(account.last_four), '') AS last_four,
       coalesce(sum(part.pence), 0) AS taken_pence,
       NOT bool_and({OF_ONESELF.format(of="payment", payee="payment.payee_id")}) AS for_another
  FROM payment
  LEFT JOIN account ON account.body_id = payment.body_id AND account.id = payment.account_id
  LEFT JOIN LATERAL (
       SELECT sum(taken.pence) AS pence FROM payment_part taken
        WHERE taken.body_id = payment.body_id AND taken.payroll_id = payment.payroll_id
          AND taken.award_id = payment.award_id AND taken.kind = 'recovery' AND NOT taken.freed) part ON true
 CROSS JOIN LATERAL (SELECT NOT EXISTS (
       SELECT FROM hold WHERE hold.beneficiary_id = payment.beneficiary_id AND hold.lifted_at IS NULL
                          AND NOT (hold.kind = 'deceased' AND {FOR_ESTATE})) AS ok) live
 WHERE payment.payroll_id = :payroll_id AND payment.status IN ({{statuses}})
 GROUP BY payment.payroll_id, payment.payee_id
"""  # noqa: S608
BLOCKED = f"grouped.payment_count = 0 OR {HELD_PAYEE.format(payee='grouped.payee_id')}"

# those whose money went to the bank, or whose cheque was made out: nothing of it arrives in an account
SUBMITTED = f"""
SELECT grouped.*, grouped.payroll_id AS subject_id, 1 AS attempt, CAST(NULL AS uuid) AS follows_id, {NONE_USED},
       {BLOCKED} AS blocked,
       CASE WHEN CAST(:event AS text) <> '' THEN CAST(:event AS text)
            WHEN grouped.by_cheque THEN 'cheque_posted'
            WHEN NOT EXISTS (SELECT FROM payment earlier WHERE earlier.payee_id = grouped.payee_id
                                AND earlier.payroll_id <> grouped.payroll_id
                                AND earlier.status IN ('submitted', 'paid', 'returned', 'recalled', 'rejected'))
            THEN 'first_payment'
            WHEN grouped.taken_pence > 0 THEN 'payment_reduced' ELSE 'payment_on_its_way' END AS event,
       CASE WHEN grouped.taken_pence > 0 THEN jsonb_build_object('taken_pence', grouped.taken_pence)
            ELSE CAST('{{}}' AS jsonb) END AS facts
  FROM ({A_ROW_A_PAYEE.format(statuses="'submitted', 'paid'")}) grouped
 WHERE NOT (grouped.by_cheque AND CAST(:event AS text) <> '')
"""  # noqa: S608

# those whose pay date became a later one. Of what is not released yet nobody is told how much it is
MOVED = f"""
SELECT grouped.payroll_id, grouped.payee_id, CAST(:subject_id AS uuid) AS subject_id, 1 AS attempt,
       CAST(NULL AS uuid) AS follows_id, {NONE_USED}, 0 AS payment_count, 0 AS total_pence, '' AS last_four,
       grouped.for_another, {BLOCKED} AS blocked, 'payment_moved' AS event,
       jsonb_build_object('was', CAST(:was AS text), 'becomes', CAST(:becomes AS text)) AS facts
  FROM ({A_ROW_A_PAYEE.format(statuses="'prepared', 'released', 'submitted', 'paid'")}) grouped
"""  # noqa: S608

# those whom a payroll pays nothing at all. Who was paid before and is no more is told once, of their last payment
UNPAID = f"""
SELECT DISTINCT ON (award.payee_id) unpaid.payroll_id, award.payee_id,
       CASE WHEN unpaid.reason IN ('ended', 'suspended') THEN last.id ELSE unpaid.payroll_id END AS subject_id,
       CASE WHEN unpaid.reason IN ('ended', 'suspended') THEN 'payment_stopped'
            WHEN unpaid.reason IN ('nothing_due', 'recovered') THEN 'nothing_this_time'
            ELSE 'payment_held' END AS event,
       1 AS attempt, CAST(NULL AS uuid) AS follows_id, {NONE_USED}, 0 AS payment_count, 0 AS total_pence,
       '' AS last_four,
       NOT {OF_ONESELF.format(of="unpaid", payee="award.payee_id")} AS for_another,
       jsonb_build_object('recovered', unpaid.reason = 'recovered') AS facts,
       {GRAVELY_HELD.format(payee="award.payee_id", beneficiary="unpaid.beneficiary_id")} AS blocked
  FROM unpaid
  JOIN award ON award.body_id = unpaid.body_id AND award.id = unpaid.award_id
  LEFT JOIN LATERAL (SELECT payment.id FROM payment WHERE payment.body_id = award.body_id
                        AND payment.award_id = award.id AND payment.status IN ('submitted', 'paid')
                      ORDER BY payment.id DESC LIMIT 1) last ON true
 WHERE unpaid.payroll_id = :payroll_id AND unpaid.reason = ANY (:reasons)
   AND (unpaid.reason NOT IN ('ended', 'suspended') OR last.id IS NOT NULL)
   AND NOT EXISTS (SELECT FROM payment WHERE payment.body_id = award.body_id AND payment.payroll_id = :payroll_id
                      AND payment.payee_id = award.payee_id AND payment.status <> 'taken_out')
 ORDER BY award.payee_id, unpaid.reason, unpaid.id
"""  # noqa: S608
UNPAID_REASONS: dict[NoticeEvent, tuple[str, ...]] = {
    NoticeEvent.PAYMENT_STOPPED: ("ended", "suspended"),
    NoticeEvent.NOTHING_THIS_TIME: ("nothing_due", "recovered"),
    NoticeEvent.PAYMENT_HELD: ("no_confirmed_bank_details", "bank_details_stopped", "on_hold"),
}

# payments that came back, or that the bank did not take; a death is told to nobody
CAME_BACK = f"""
SELECT returned.payroll_id, returned.payee_id, returned.payment_id AS subject_id, 1 AS attempt,
       CAST(NULL AS uuid) AS follows_id, {NONE_USED}, 1 AS payment_count, returned.amount_pence AS total_pence,
       coalesce(account.last_four, '') AS last_four,
       CASE WHEN payment.account_id IS NULL THEN 'cheque_stopped'
            WHEN returned.came_back = 'rejected' AND returned.reason IN ('ours', 'duplicate', 'requested', 'unknown')
            THEN 'payment_delayed' ELSE 'payment_returned' END AS event,
       NOT {OF_ONESELF.format(of="payment", payee="returned.payee_id")} AS for_another,
       jsonb_build_object('reason', returned.reason) AS facts,
       returned.reason = 'deceased'
       OR {GRAVELY_HELD.format(payee="returned.payee_id", beneficiary="payment.beneficiary_id")} AS blocked
  FROM returned_payment returned
  JOIN payment ON payment.body_id = returned.body_id AND payment.id = returned.payment_id
  LEFT JOIN account ON account.body_id = payment.body_id AND account.id = payment.account_id
 WHERE returned.status IN ('held', 'kept') AND returned.opened_at >= CAST(:at AS timestamptz) - interval '7 days'
   AND NOT EXISTS (SELECT FROM notice WHERE notice.body_id = returned.body_id
                      AND notice.subject_id = returned.payment_id AND notice.payee_id = returned.payee_id)
"""  # noqa: S608

# a step of a payment that is looked for
LOOKED_FOR = f"""
SELECT trace.payroll_id, trace.payee_id, step.id AS subject_id, 1 AS attempt, CAST(NULL AS uuid) AS follows_id,
       {NONE_USED}, 1 AS payment_count, payment.amount_pence AS total_pence, '' AS last_four,
       'payment_looked_for' AS event,
       NOT {OF_ONESELF.format(of="payment", payee="trace.payee_id")} AS for_another,
       jsonb_build_object('step', step.kind) AS facts,
       EXISTS (SELECT FROM hold WHERE hold.lifted_at IS NULL
                  AND (hold.payee_id = trace.payee_id OR hold.beneficiary_id = payment.beneficiary_id)) AS blocked
  FROM trace_step step
  JOIN trace ON trace.body_id = step.body_id AND trace.id = step.trace_id
  JOIN payment ON payment.body_id = trace.body_id AND payment.id = trace.payment_id
 WHERE step.id = :step_id
"""  # noqa: S608

# notices that did not arrive, sent again by the best way there is now
FAILED = """
SELECT notice.payroll_id, notice.payee_id, notice.subject_id, notice.event, notice.attempt + 1 AS attempt,
       notice.id AS follows_id, CAST(:used AS text[]) AS used, notice.payment_count, notice.total_pence,
       notice.last_four, notice.for_another, notice.facts, false AS blocked
  FROM notice WHERE notice.id = ANY (:ids)
"""


def statement(told: str) -> str:
    """The writing of notices for the rows of a query."""
    return WRITE.format(told=told, way=WAY_OF_A_PAYEE)
