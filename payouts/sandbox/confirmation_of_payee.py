"""A provider of Confirmation of Payee, simulated over HTTP: `POST /name-verification`, bearer token, correlation id.

The last word of a name asks for an answer ("Jo MBAM"; TIMEOUT and ERROR for trouble), and so do the accounts of
`confirmation_names`. An account that was taught under ``/_sandbox/accounts`` is compared with what it holds; any other
holds whatever name is asked for. ``/_sandbox`` asks for no token: serve this on the local machine only.
"""

import hmac
import re
import threading
from collections import Counter
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from payouts.sandbox.confirmation_names import ERROR, TIMEOUT, Held, Said, compare, magic
from payouts.sandbox.connection import QuietHandler, drop_connection
from payouts.sandbox.faults import Faults, UnknownFault

CORRELATION = "X-Correlation-ID"
FAULTS = {
    "answer_429": "not asked; answered 429",
    "answer_503": "not asked; answered 503",
    "lose_replies": "asked; the connection is dropped without an answer",
    "answer_nonsense": "asked; answered 200 with what is no answer",
    "answer_another": "asked; the answer carries another correlation id",
}
_LONGEST_NAME = 140
_IDENTIFICATION = re.compile(r"[0-9]{14}")

api = Blueprint("name_verification", __name__)
testers = Blueprint("testers", __name__, url_prefix="/_sandbox")


class Refused(Exception):
    """A request that the provider doesn't take."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _World:
    """What the views of one simulator share. Counts are by account, so that a tester sees who was asked twice."""

    def __init__(self, token: str, silence: float) -> None:
        self.token, self.silence = token, silence
        self.held: dict[str, Held] = {}
        self.faults = Faults(FAULTS)
        self.asked: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.stopping = threading.Event()


def create_confirmation_simulator(*, token: str, silence: float = 60.0) -> Flask:
    """The simulator as a Flask app. ``silence``: seconds for which a TIMEOUT says nothing."""
    if not token:
        raise ValueError("the simulator needs a bearer token: bank details are not told to whoever asks")
    app = Flask(__name__, static_folder=None)
    app.extensions["confirmation"] = _World(token, silence)
    app.register_blueprint(api)
    app.register_blueprint(testers)
    app.register_error_handler(Refused, lambda refused: _error(refused.status, refused.code, str(refused)))
    app.register_error_handler(
        HTTPException, lambda error: _error(error.code or 500, error.name, error.description or "")
    )
    return app


class ConfirmationServer:
    """The simulator behind a real socket: a thread for each connection."""

    def __init__(self, host: str, port: int, *, token: str, silence: float = 60.0) -> None:
        """Bind at once (port 0: any free one), so that ``url`` can be told before ``run``."""
        self._app = create_confirmation_simulator(token=token, silence=silence)
        self._server = make_server(host, port, self._app, threaded=True, request_handler=QuietHandler)
        self._ended = threading.Event()
        self.url = f"http://{host}:{self._server.server_port}"

    def run(self) -> None:
        """Answer until ``stop`` is called from another thread, then let go of the port."""
        try:
            self._server.serve_forever(poll_interval=0.05)
        finally:
            self._server.server_close()
            self._ended.set()

    def stop(self) -> None:
        """End ``run``, which another thread is in; whoever waits in a silence is dropped."""
        self._app.extensions["confirmation"].stopping.set()
        self._server.shutdown()
        self._ended.wait()


@api.post("/name-verification")
def verify_name() -> ResponseReturnValue:
    world = _world()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), world.token.encode()):
        raise Refused(401, "Unauthorized", "the bearer token is missing or wrong")
    if world.faults.take("answer_429"):
        raise Refused(429, "TooManyRequests", "slow down")
    if world.faults.take("answer_503"):
        raise Refused(503, "ServiceUnavailable", "try again later")
    asked = _asked()
    said = _answer(world, asked)
    with world.lock:
        world.asked[asked["Identification"]] += 1
        world.codes[said.code or "MATC"] += 1
    if said.code == TIMEOUT:
        world.stopping.wait(world.silence)
    if said.code == TIMEOUT or world.faults.take("lose_replies"):
        drop_connection()
        return "", 204
    if said.code == ERROR:
        raise Refused(500, "InternalError", "the payee's bank is in trouble")
    if world.faults.take("answer_nonsense"):
        return jsonify(Data={"VerificationReport": {"Matched": "perhaps"}})
    return _report(said, another=world.faults.take("answer_another"))


def _answer(world: _World, asked: dict[str, str]) -> Said:
    identification, name = asked["Identification"], asked["Name"]
    said = magic(name, identification[:6], identification[6:])
    held = world.held.get(identification)
    if said is not None or held is None:
        return said or Said(None)
    return compare(name, asked["AccountType"], asked.get("SecondaryIdentification", ""), held)


def _report(said: Said, *, another: bool) -> Response:
    report: dict[str, Any] = {"Matched": said.code is None}
    if said.code is not None:
        report["ReasonCode"] = said.code
    if said.name is not None:
        report["Name"] = said.name
    response = jsonify(Data={"VerificationReport": report})
    if another:
        response.headers[CORRELATION] = "00000000-0000-0000-0000-000000000000"
    return response


def _asked() -> dict[str, str]:
    """The question's fields. Refuses what a provider would: a missing field, 13 digits, a name of 141 characters."""
    body = request.get_json(force=True, silent=True)
    data = body.get("Data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise Refused(400, "FieldMissing", "Data has the question, all its fields text")
    faults = [name for name in ("Identification", "Name", "AccountType") if not data.get(name)]
    if data.get("SchemeName") != "SortCodeAccountNumber":
        faults.append("SchemeName")
    if not _IDENTIFICATION.fullmatch(data.get("Identification", "")):
        faults.append("Identification")
    if len(data.get("Name", "")) > _LONGEST_NAME:
        faults.append("Name")
    if data.get("AccountType") not in ("Personal", "Business"):
        faults.append("AccountType")
    if not request.headers.get(CORRELATION):
        faults.append(CORRELATION)
    if faults:
        raise Refused(400, "FieldInvalid", ", ".join(dict.fromkeys(faults)))
    return data


@api.after_request
def _correlate(response: Response) -> Response:
    """Every answer carries the id of its question."""
    correlation = request.headers.get(CORRELATION)
    if correlation and CORRELATION not in response.headers:
        response.headers[CORRELATION] = correlation
    return response


@testers.get("/faults")
def show_faults() -> ResponseReturnValue:
    return jsonify(_world().faults.left())


@testers.post("/faults")
def set_faults() -> ResponseReturnValue:
    counts = request.get_json(force=True, silent=True)
    try:
        _world().faults.set(counts if isinstance(counts, dict) else {str(counts): 0})
    except UnknownFault as unknown:
        return jsonify(error=str(unknown)), 400
    return jsonify(_world().faults.left())


@testers.post("/accounts")
def teach_account() -> ResponseReturnValue:
    """What a bank holds from now on: sort_code, account_number, name; account_type and secondary if they are needed."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict) or not {"sort_code", "account_number", "name"} <= given.keys():
        return jsonify(error="give sort_code, account_number and name"), 400
    held = Held(
        name=str(given["name"]),
        account_type=str(given.get("account_type", "Personal")),
        secondary=str(given.get("secondary", "")),
    )
    _world().held[f"{given['sort_code']}{given['account_number']}"] = held
    return jsonify(held), 201


@testers.get("/count")
def show_count() -> ResponseReturnValue:
    """How many questions came, about how many accounts, and which answers they got."""
    world = _world()
    with world.lock:
        return jsonify(asked=world.asked.total(), accounts=len(world.asked), answers=dict(world.codes))


def _world() -> _World:
    world = current_app.extensions["confirmation"]
    assert isinstance(world, _World)
    return world


def _error(status: int, code: str, message: str) -> tuple[Response, int]:
    return jsonify(Code=code, Message=message), status
