"""The way in: who calls, whether the key has the right, how often; one transaction a call; the first reply kept."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, g, make_response, request

from payouts import api_reply
from payouts.api.ground import actor, key, now, pace, service, session
from payouts.api.problem import Refusal
from schemes import api_secret
from schemes.api_key import KeyKind, Scope
from schemes.api_secret import Found, Why
from schemes.database import go_on_in
from schemes.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])

# files come here: they have a limit of their own
FILES = ("/imports", "/one_off_files")
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,200}")
REPLAYED = "Idempotency-Replayed"
MOST_UNSAID = 2**63
MOST_REFUSALS_NOTED = 20
"""Of one secret in a minute: a system with a revoked one goes on calling, and must not fill the body's trail."""
# how a list ends that can be asked for changes: from an earlier instant, too, nothing is missed
UNTIL = re.compile(rb',"changed_until":"[^"]*"\}\s*\Z')
# of a reply, the headers that are part of it
KEPT_HEADERS = ("Content-Type", "Location", "Content-Location", "ETag")

log = logging.getLogger(__name__)


def begin_request() -> None:
    """Before anything else."""
    if request.method == "POST" and request.path in FILES:
        request.max_content_length = service().settings.upload_limit
    if request.method in ("POST", "PATCH") and request.headers.get("Content-Encoding", "identity") != "identity":
        # nothing is unpacked here, so nothing can be packed to burst
        detail = "The body is compressed. Send it as it is."
        raise Refusal("unsupported-media-type", detail, headers={"Accept-Encoding": "identity"})
    if any("\0" in text for text in (request.path, *request.args.keys(), *request.args.values())):
        raise Refusal("bad-request", "The address holds a character that no text has.")


def allowed(*scopes: Scope, every: bool = False) -> Callable[[View], View]:
    """Mark a view with the rights of which a key needs one, or `every`; and let calls in by them."""

    def mark(view: View) -> View:
        @wraps(view)
        def let_in(*args: Any, **kwargs: Any) -> Response:
            return answered(frozenset(scopes), every, lambda: made(view(*args, **kwargs)))

        let_in.payouts_scopes = frozenset(scopes), every  # type: ignore[attr-defined]
        return let_in  # type: ignore[return-value]

    return mark


def answered(scopes: frozenset[Scope], every: bool, view: Callable[[], Response]) -> Response:
    """The answer to a call: refused at the door, given once more, or made by the view."""
    given = service()
    written = bearer()
    with given.transaction(None) as found_in:
        found = api_secret.find(found_in, given.seals, written, address=request.remote_addr, at=given.now())
        refuse(found, scopes, every)
        assert found is not None
        count(found)
        g.key, g.session = found, found_in
        wait = api_reply.WAIT_SECONDS if request.method == "POST" else 0
        go_on_in(found_in, found.actor.body_id, wait_seconds=wait)
        if api_secret.must_note_use(found, given.now()):
            note_use(found)
        take_body()
        response = once(view) if request.method == "POST" else view()
    conditional(response)
    return response


def take_body() -> None:
    """Take all that was sent in. Raises Refusal.

    A body that says how long it is was looked at before. One that comes in chunks is cut where it may be no longer,
    without a word, by werkzeug: a cut file would be read as a whole one, with an amount that lost its last digits.
    """
    try:
        content = request.get_data()
    except OSError:
        # gunicorn's word for a chunk that is none
        raise Refusal("bad-request", "The body ended too soon, or does not come in the chunks that it says.") from None
    if request.content_length is None and len(content) >= (request.max_content_length or MOST_UNSAID):
        raise Refusal("too-large")


def made(returned: Any) -> Response:
    """What a view returned, with its ETag where it is the thing itself."""
    response = make_response(returned)
    if request.method == "PATCH" or {"Location", "Content-Location"} & set(response.headers.keys()):
        response.set_etag(etag_of(response.get_data()))
    return response


def bearer() -> str:
    """The secret that was sent. Raises Refusal."""
    scheme, _, written = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not written.strip():
        raise Refusal("no-key", headers={"WWW-Authenticate": 'Bearer realm="Payouts"'})
    return written.strip()


def refuse(found: Found | None, scopes: frozenset[Scope], every: bool) -> None:
    """Raises Refusal where a key does not open this: the caller is not told why, the log and the trail are."""
    why = Why.WRONG if found is None else found.why
    if found is not None and why is None and not has_right(found, scopes, every):
        why = Why.SCOPE
    if why is None:
        return
    log.warning("request %s %s %s: key refused (%s)", g.request_id, request.method, request.endpoint, why)
    if found is not None and may_be_noted(found):
        with service().transaction(found.actor.body_id) as noted_in:
            api_secret.note_refusal(noted_in, found, why, at=now(), asked_for=f"{request.method} {request.endpoint}")
    raise Refusal("key-refused")


def may_be_noted(found: Found) -> bool:
    """Whether a refusal is kept in the trail. Counted by the secret, not by its key: a replaced secret takes nothing of
    what the key may still do.
    """
    left = pace().take(found.secret_id, now())
    return left is None or not (left.over or left.limit - left.remaining > MOST_REFUSALS_NOTED)


def has_right(found: Found, scopes: frozenset[Scope], every: bool) -> bool:
    return scopes <= found.scopes if every else bool(scopes & found.scopes)


def count(found: Found) -> None:
    """Raises Refusal for a call too many in this minute."""
    left = pace().take(found.actor.person_id, now())
    if left is None:
        return
    g.pace_headers = left.headers()
    if left.over:
        raise Refusal("too-many-requests", headers={"Retry-After": str(left.reset)})


def note_use(found: Found) -> None:
    """In a transaction of its own: it is used, whatever becomes of the call."""
    with service().transaction(found.actor.body_id) as noted_in:
        api_secret.note_use(noted_in, found, at=now())


def once(view: Callable[[], Response]) -> Response:
    """Do what a POST asks for, or give the reply again that its Idempotency-Key had. A refusal is not kept: nothing
    happened, and the next try may go well."""
    idempotency_key = request.headers.get("Idempotency-Key", "")
    if not IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise Refusal("idempotency-key-missing")
    digest = digest_of_request()
    key_id = actor().person_id
    there = api_reply.begin(session(), key_id=key_id, idempotency_key=idempotency_key, request_digest=digest, at=now())
    if there is not None:
        if bytes(there.request_digest) != digest:
            raise Refusal("idempotency-key-reused")
        return Response(there.content, there.status, {**(there.headers or {}), REPLAYED: "true"})
    response = view()
    content = response.get_data(as_text=True)
    if shown_once := g.get("shown_once"):
        # a secret is in the first reply alone, and in no table
        content = json.dumps({**json.loads(content), **dict.fromkeys(shown_once)})
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    api_reply.keep(
        session(),
        key_id=key_id,
        idempotency_key=idempotency_key,
        status=response.status_code,
        headers=headers,
        content=content,
    )
    return response


def digest_of_request() -> bytes:
    """Of method, address and body; a JSON body in one order, however the caller's library writes it."""
    content = request.get_data()
    if request.mimetype == "application/json":
        try:
            content = json.dumps(json.loads(content), sort_keys=True).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            raise Refusal("bad-request") from None
    parts = request.method, request.full_path, hashlib.sha256(content).hexdigest()
    return service().seals.fingerprint(actor().body_id, "api request", *parts)


def conditional(response: Response) -> None:
    """An ETag for what was read, and 304 for whoever has it."""
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.set_etag(etag_of(UNTIL.sub(b"", response.get_data())))
        response.make_conditional(request)


def etag_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def must_match(content: bytes) -> None:
    """Raises Refusal where the caller named a version of the thing, and it is no longer this one (412)."""
    if request.if_match and not request.if_match.contains(etag_of(content)):
        raise Refusal("changed-since")


def must_see_scheme(scheme_id: UUID, kind: str, asked_for: object) -> None:
    """What is of a scheme that the key is not for, is not there for it. Raises NotFound."""
    if key().schemes and scheme_id not in key().schemes:
        raise NotFound(kind, asked_for)


def must_be_on_the_team_list(*references: str) -> None:
    """Raises Refusal for a team key's act on somebody whom it does not list."""
    if key().kind is KeyKind.TEAM and not key().payees.intersection(references):
        raise Refusal("not-on-the-team-list")


def must_not_be_a_team(detail: str) -> None:
    """Raises Refusal for a team key's act on whom its list cannot tell: a file holds anybody."""
    if key().kind is KeyKind.TEAM:
        raise Refusal("not-on-the-team-list", detail)


@contextmanager
def field(name: str) -> Iterator[None]:
    """What is looked up by a field of the body, and is not there, is a field to put right."""
    try:
        yield
    except NotFound as missing:
        detail = f"There is no {missing.kind} of this id or reference here."
        raise Refusal("invalid", errors=[{"pointer": f"#/{name}", "detail": detail}]) from None


def end_request(response: Response) -> Response:
    """What every answer carries."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.update(g.get("pace_headers", {}))
    if service().settings.base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
