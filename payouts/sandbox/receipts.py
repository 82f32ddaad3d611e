"""Delivery receipts: what Notify tells a service's callback once the fate of an e-mail or a text is known."""

import heapq
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import requests

from payouts.sandbox.faults import Faults
from payouts.sandbox.notification import Clock, Notification, Pace, outcome, wire_time
from payouts.sandbox.outbox import Outbox

# Real Notify waits five minutes between tries, five times; a demo hasn't got that long
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30))
_TIMEOUT_SECONDS = 10
LATE = timedelta(seconds=10)
_LONGEST_WAIT_SECONDS = 0.2


class Receipts:
    """Posts each receipt from a thread of its own, so that a slow or absent callback never holds up sending.

    A receipt is posted at least once: a kill between the answer and its record posts it again after the restart.
    Like Notify, a network error or a 5xx is tried again, and a 4xx drops the receipt.
    """

    def __init__(
        self,
        outbox: Outbox,
        *,
        url: str,
        token: str,
        pace: Pace,
        now: Clock,
        retries: Sequence[timedelta] = RETRIES,
        faults: Faults | None = None,
    ) -> None:
        """Start posting to ``url`` with ``token`` as bearer, beginning with all that the outbox still owes."""
        self._outbox, self._url, self._pace, self._now, self._retries = outbox, url, pace, now, retries
        self._faults = faults or Faults()
        self._http = requests.Session()
        self._http.trust_env = False  # the callback is ours and near: a proxy set for the outside isn't for it
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._due: list[tuple[datetime, str, int]] = []  # when, which, how many tries it had
        self._changed = threading.Condition()
        self._stopping = False
        for notification in outbox.without_receipt():
            self.expect(notification)
        self._thread = threading.Thread(target=self._run, name="notify-receipts", daemon=True)
        self._thread.start()

    def expect(self, notification: Notification) -> None:
        """Post this message's receipt when its time has come; letters have none."""
        if notification.type != "letter":
            late = LATE if self._faults.take("late_receipts") else timedelta(0)
            self._add(notification.created_at + self._pace.finished_after + late, notification.id, tries=0)

    def stop(self) -> None:
        """Post no more; what is still owed is posted by whoever opens the store next."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=_TIMEOUT_SECONDS)
        self._http.close()

    def post_returned_letter(self, letter: Notification) -> int:
        """Tell the callback at once that a letter came back; the status that it answers."""
        answer = self._http.post(self._url, json=returned_letter(letter), timeout=_TIMEOUT_SECONDS)
        return answer.status_code

    def _add(self, when: datetime, notification_id: str, tries: int) -> None:
        with self._changed:
            heapq.heappush(self._due, (when, notification_id, tries))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                if not self._due or self._due[0][0] > self._now():
                    self._changed.wait(_LONGEST_WAIT_SECONDS)
                    continue
                _, notification_id, tries = heapq.heappop(self._due)
            notification = self._outbox.get(notification_id)
            if notification is not None:
                self._post(notification, tries)

    def _post(self, notification: Notification, tries: int) -> None:
        try:
            status = self._http.post(
                self._url, json=receipt(notification, self._pace), timeout=_TIMEOUT_SECONDS, allow_redirects=False
            ).status_code
        except requests.RequestException:
            status = None
        if status is not None and status < 500:
            if self._faults.take("repeat_receipts"):
                self._add(self._now(), notification.id, tries)
            self._outbox.end_receipt(notification.id, "posted" if status < 300 else "dropped")
        elif tries < len(self._retries):
            self._add(self._now() + self._retries[tries], notification.id, tries + 1)
        else:
            self._outbox.end_receipt(notification.id, "given-up")


def returned_letter(notification: Notification) -> dict[str, object]:
    """What Notify posts of a letter that the post brought back."""
    return {
        "notification_id": notification.id,
        "reference": notification.reference,
        "date_sent": wire_time(notification.created_at),
        "sent_by": None,
        "template_name": None,
        "template_id": notification.template_id,
        "template_version": notification.template_version,
        "spreadsheet_file_name": None,
        "spreadsheet_row_number": None,
        "upload_letter_file_name": None,
    }


def receipt(notification: Notification, pace: Pace) -> dict[str, object]:
    """The body of a delivery receipt, as Notify posts it."""
    return {
        "id": notification.id,
        "reference": notification.reference,
        "to": notification.recipient,
        "status": outcome(notification),
        "created_at": wire_time(notification.created_at),
        "sent_at": wire_time(notification.created_at + pace.sending_after),
        "completed_at": wire_time(notification.created_at + pace.finished_after),
        "notification_type": notification.type,
        "template_id": notification.template_id,
        "template_version": notification.template_version,
    }
