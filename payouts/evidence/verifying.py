"""Verifying an evidence pack with public keys alone: no database, no network, and no trust in whoever made it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO, cast

from bacs.comparison import listed
from bacs.errors import BacsError
from payouts.evidence.pack import FORMAT
from payouts.evidence.passkeys import passkey_lines, said_by
from payouts.gates.lineage import Statements, line_of_manifests, payments_before, signed_for
from payouts.gates.opening import covers
from schemes.audit import link_hash
from schemes.gate_rule import GateKind, needs, tiers_from
from schemes.person import Role
from schemes.signer import canonical, digest, verifies

LARGEST_PACK = 4 * 1024**3
"""Bytes that a pack may unpack to: far beyond a million payments, and a bound for an archive made to do harm."""

BLOCK = 1024 * 1024

OWN_TEXTS = 6
"""Texts after the amount in the line of a payment that is a credit by itself; of one that goes with others, more."""


class NotAPack(Exception):
    """The archive cannot be read as an evidence pack at all."""


@dataclass
class Report:
    """What a pack proves: each thing that was checked and holds, each that does not, and the keys that signed.

    gone: what cannot be shown any more, since it was destroyed when its time was over.
    """

    holds: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def check(self, what: str, *, holds: bool) -> None:
        (self.holds if holds else self.faults).append(what)


def verify(
    source: IO[bytes], *, trusted_keys: frozenset[str] = frozenset(), sites: frozenset[str] = frozenset()
) -> Report:
    """Check every digest, signature and link of a pack against every other, and name what does not match.

    trusted_keys: the service's public keys (base64). With none given, the keys that signed are only told, and whoever
    reads the report compares them with those that the service publishes. sites: the hosts of people's passkeys,
    likewise. Raises NotAPack.
    """
    report = Report()
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST_PACK:
                raise NotAPack("the archive unpacks to more than any evidence pack holds")
            names = [info.filename for info in archive.infolist()]
            if len(set(names)) != len(names):
                raise NotAPack("a part stands in the archive twice")
            check_pack(archive, report, sites)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, binascii.Error) as error:
        raise NotAPack(f"this is no evidence pack, or it is damaged: {type(error).__name__}") from None
    for key in sorted(report.keys if trusted_keys else ()):
        report.check(f"key {key} is one of the service's", holds=key in trusted_keys)
    return report


def check_pack(archive: zipfile.ZipFile, report: Report, sites: frozenset[str]) -> None:
    index_bytes = archive.read("pack.json")
    index, seal = json.loads(index_bytes), json.loads(archive.read("pack.sig"))
    if index["format"] != FORMAT:
        raise NotAPack(f"the pack is of another form than {FORMAT}")
    report.keys.add(seal["public_key"])
    signed = canonical(index) == index_bytes and signature_holds(index, seal["signature"], seal["public_key"])
    report.check("the index is signed", holds=signed)
    listed_parts = index["members"]
    there = set(archive.namelist()) - {"pack.json", "pack.sig"}
    for name in sorted(there - listed_parts.keys()):
        report.check(f"{name} is in the index", holds=False)
    for name in sorted(listed_parts):
        held = name in there and sha256_of(archive, name) == listed_parts[name]
        report.check(f"{name} is as it was packed", holds=held)
    if report.faults:
        # what follows reads these parts, and would only say the same in other words
        return
    manifest = json.loads(archive.read("manifest.json"))
    decisions = json.loads(archive.read("decisions.json"))
    gone = Gone(index.get("gone", {}))
    gone.tell(report)
    line = check_line(archive, manifest, report, gone)
    check_decisions(line, decisions, report)
    for what, holds in passkey_lines(decisions, manifest, sites):
        report.check(what, holds=holds)
    links = json.loads(archive.read("audit.json"))
    check_gates(manifest, decisions, index, released_at_pence(manifest, links), report)
    check_files(archive, manifest, report, gone)
    for name, statement in (("payments.jsonl", "payments"), ("findings.jsonl", "check_results")):
        if name in there and not gone.people:
            said = sha256_of(archive, name) == manifest[statement]
            report.check(f"{name} is what the manifest was made of", holds=said)
    # a payroll of an earlier release was compared with none
    if "difference.jsonl" in there and "difference" in manifest:
        said = sha256_of(archive, "difference.jsonl") == manifest["difference"]["lines"]
        report.check("difference.jsonl is what the manifest was made of", holds=said)
    check_attachments(archive, decisions, report, gone)
    check_chain(links, report)


class Gone:
    """What the index of a pack says was destroyed: it is signed, so that nobody else can say so."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.files: Mapping[str, str] = said.get("files", {})
        self.attachments: Mapping[str, str] = said.get("attachments", {})
        self.people: int = said.get("people", 0)

    def tell(self, report: Report) -> None:
        for name, day in sorted(self.files.items()):
            report.gone.append(
                f"{name} was destroyed on {day}, when its time was over: its SHA-256, the number of its payments and "
                "their total stand in the manifest, which people signed"
            )
        for digest_told, day in sorted(self.attachments.items()):
            report.gone.append(f"the attached file {digest_told} was destroyed on {day}, when its time was over")
        if self.people:
            report.gone.append(
                f"the details of {self.people} payees of this payroll were erased since: the lines of its payments and "
                "findings can no longer be held against the manifest"
            )


def check_line(archive: zipfile.ZipFile, manifest: Statements, report: Report, gone: Gone) -> list[Statements]:
    """The manifest and those it follows, as far as each differs from the next by nothing but what its move allows.

    A redacted pack has no payments: of those that left, only the figures in the manifests are compared.
    """
    names = set(archive.namelist())
    if "earlier_manifests.json" not in names:
        report.check("the manifest follows no other", holds="follows" not in manifest)
        return [manifest]
    earlier = json.loads(archive.read("earlier_manifests.json"))
    line = line_of_manifests(manifest, {digest(statements): statements for statements in earlier})
    report.check(f"{len(earlier)} earlier manifests follow by moves that allow it", holds=line[1:] == earlier)
    if "taken_out.json" not in names or gone.people:
        return line
    taken = {of: [one.encode() for one in lines] for of, lines in json.loads(archive.read("taken_out.json")).items()}
    with archive.open("payments.jsonl") as payments:
        found = payments_before(payments, taken, line)
    proven = [statements for statements in line if found[digest(statements)] == statements["payments"]]
    report.check("the payments that stay and those that left are the earlier ones", holds=proven == line)
    return line


def check_decisions(line: list[Statements], decisions: list[dict[str, Any]], report: Report) -> None:
    manifest = line[0]
    kinds = {gate["position"]: GateKind(gate["kind"]) for gate in manifest["gates"]}
    for decision in decisions:
        record = decision["record"]
        what = said_by(decision)
        report.keys.add(decision["public_key"])
        held = signature_holds(record, decision["signature"], decision["public_key"])
        report.check(f"{what} is signed", holds=held)
        if decision["voided_at"] is None:
            bound = record["manifest"] in signed_for(kinds[decision["gate"]], line)
            report.check(f"{what} is bound to this manifest", holds=bound)
            report.check(f"{what} is about this payroll", holds=record["payroll"] == manifest["payroll"])
            if record["verdict"] == "go" and kinds[decision["gate"]] is GateKind.APPROVE and "to_open" in manifest:
                report.check(f"{what} is of somebody who opened what had to be", holds=covers(manifest, record))


def released_at_pence(manifest: Mapping[str, Any], links: list[dict[str, Any]]) -> int:
    """The amount that the gates went by at release, as the audit chain has it: never less than the payroll's own."""
    events = [link["event"] for link in links if "event" in link]
    noted = [event["facts"]["amount_pence"] for event in events if event["action"] == "payroll.gates_passed"]
    return max([manifest["total_pence"], *noted[-1:]])


def check_gates(
    manifest: Mapping[str, Any],
    decisions: list[dict[str, Any]],
    index: Mapping[str, Any],
    amount_pence: int,
    report: Report,
) -> None:
    """That every gate has as many go as it needs, each of another person: of a payroll that was released."""
    if index["payroll"]["status"] not in ("released", "submitted", "accepted", "closed", "rejected"):
        return
    for gate in manifest["gates"]:
        said_go = {
            decision["record"]["person"]: decision["record"].get("role", gate["role"])
            for decision in decisions
            if decision["gate"] == gate["position"]
            and decision["voided_at"] is None
            and decision["record"]["verdict"] == "go"
        }
        needed = needs(Role(gate["role"]), gate["people"], tiers_from(gate.get("tiers", ())), amount_pence)
        for role, people in needed.items():
            enough = list(said_go.values()).count(role) >= people
            what = f"gate {gate['position']} ({gate['kind']}) has the go of {people}"
            report.check(what if role == gate["role"] else f"{what} as {role}", holds=enough)


def check_files(archive: zipfile.ZipFile, manifest: Mapping[str, Any], report: Report, gone: Gone) -> None:
    packed = {name.removeprefix("files/") for name in archive.namelist() if name.startswith("files/")}
    if not packed:
        return
    said = {file["name"]: file for file in manifest["files"]}
    report.check("the files are those of the manifest", holds=packed == said.keys() - gone.files.keys())
    amounts: Counter[int] = Counter()
    for name in sorted(packed & said.keys()):
        file = said[name]
        report.check(f"{name} has the approved bytes", holds=sha256_of(archive, f"files/{name}") == file["sha256"])
        found: Counter[int] = Counter()
        pence = 0
        try:
            with archive.open(f"files/{name}") as content:
                for payment in listed(cast(BinaryIO, content)):
                    found[payment.amount_pence] += 1
                    pence += payment.amount_pence
        except BacsError as error:
            report.check(f"{name} can be read ({error})", holds=False)
            continue
        amounts.update(found)
        holds = (found.total(), pence) == (file.get("items", file["payments"]), file["total_pence"])
        report.check(f"{name} adds up to what was approved", holds=holds)
    if "payments.jsonl" in archive.namelist() and not (report.faults or gone.files):
        with archive.open("payments.jsonl") as lines:
            wanted = Counter(amounts_of_items(lines))
        report.check("each credit of the files is what its payments add up to", holds=amounts == wanted)


def amounts_of_items(lines: Iterable[bytes]) -> Iterator[int]:
    """The pence of each credit, from the lines of payments: of those that go together the sum."""
    together: Counter[str] = Counter()
    for line in lines:
        _, _, _, payee, account, pence, *rest = json.loads(line)
        if len(rest) > OWN_TEXTS:
            together[f"{payee} {account}"] += int(pence)
        else:
            yield int(pence)
    yield from together.values()


def check_attachments(archive: zipfile.ZipFile, decisions: list[dict[str, Any]], report: Report, gone: Gone) -> None:
    """That each attached file of a complete pack is one that a decision or what was made outside names, and none is
    missing.
    """
    folder = "attachments/"
    packed = {name for name in archive.namelist() if name.startswith(folder)}
    naming = [*(decision["record"] for decision in decisions), *json.loads(archive.read("submissions.json"))]
    said = {record["attached"]["sha256"] for record in naming if "attached" in record} - gone.attachments.keys()
    if not packed and (not said or "payments.jsonl" not in archive.namelist()):
        return
    found = {sha256_of(archive, name) for name in packed}
    report.check("the attached files are those that the decisions and submissions name", holds=found == said)


def check_chain(links: list[dict[str, Any]], report: Report) -> None:
    previous, position = bytes.fromhex(links[0]["hash"]), links[0]["position"]
    broken, changed = 0, 0
    for link in links[1:]:
        position += 1
        event_digest, told = bytes.fromhex(link["digest"]), bytes.fromhex(link["hash"])
        if link["position"] != position or link_hash(previous, position, event_digest) != told:
            broken += 1
        if "event" in link and hashlib.sha256(canonical(link["event"])).digest() != event_digest:
            changed += 1
        previous = told
    report.check(f"the audit chain's {len(links) - 1} links follow one another", holds=not broken)
    report.check("the events about the payroll are as they were linked", holds=not changed)


def signature_holds(record: object, signature: str, public_key: str) -> bool:
    return verifies(record, base64.b64decode(signature), public_key)


def sha256_of(archive: zipfile.ZipFile, name: str) -> str:
    running = hashlib.sha256()
    with archive.open(name) as member:
        for block in blocks(member):
            running.update(block)
    return running.hexdigest()


def blocks(member: IO[bytes]) -> Iterator[bytes]:
    while block := member.read(BLOCK):
        yield block
