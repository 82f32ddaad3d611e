"""Writing payment files beside the barest writers of the same bytes, and beside PyPI's `sepaxml` and `pain001`.

    python benchmarks/bacs_writing.py --size 1000000

A bare writer neither checks nor adds up: it is the floor. The peers write 100,000 payments at most.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from bacs.iso20022 import BankProfile, Batch, Message, Party, Payment, Scheme
from bacs.iso20022 import write as write_message
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile
from bacs.standard18 import write as write_submission

ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="payments to write")
    parser.add_argument("--peer-size", type=int, default=100_000, help="payments the peers write")
    parser.add_argument("--peak", choices=("standard18", "pain001"), help="only write, and print this process's peak")
    options = parser.parse_args()
    if options.peak:
        drain(standard18(credits_one_by_one(options.size)) if options.peak == "standard18" else pain001(options.size))
        print(peak_mib())
        return
    print(f"size={options.size}")
    compare("standard18", options.size, standard18_writers(options.size))
    compare("pain001", options.size, pain001_writers(options.size))
    for name in ("standard18", "pain001"):
        for size in (options.size // 10, options.size):
            print(f"{name}_peak_mib_at_{size}={peak_of(name, size)}")
    compare_peers(min(options.size, options.peer_size))


def compare(name: str, size: int, writers: dict[str, Callable[[], Iterator[bytes]]]) -> None:
    best = {each: min(seconds(writer) for _ in range(ROUNDS)) for each, writer in writers.items()}
    for each, took in best.items():
        print(f"{name}_{each}_per_second={size / took:.0f}")
    print(f"{name}_ratio={best['bare'] / best['bacs']:.2f}")


def seconds(writer: Callable[[], Iterator[bytes]]) -> float:
    started = time.perf_counter()
    drain(writer())
    return time.perf_counter() - started


def drain(blocks: Iterable[bytes]) -> int:
    return sum(len(block) for block in blocks)


def credits_one_by_one(size: int) -> Iterator[Credit]:
    for place in range(size):
        digits = f"{place * 7919 % 100_000_000:08}"
        yield Credit("202959", digits, 100 + place % 100_000, f"PAYEE {digits}", f"HSF-{place:09}")


def standard18(payments: Iterable[Credit]) -> Iterator[bytes]:
    account = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
    section = Section(account, date(2026, 9, 16), payments, "HSF PAYRUN 417")
    user_file = UserFile("912345", "EXAMPLE COUNCIL", 417, [section])
    return write_submission(Submission("000417", "912345", date(2026, 9, 14), [user_file]))


def standard18_writers(size: int) -> dict[str, Callable[[], Iterator[bytes]]]:
    payments = list(credits_one_by_one(size))
    return {"bare": lambda: bare_standard18(payments), "bacs": lambda: standard18(payments)}


def bare_standard18(payments: Iterable[Credit]) -> Iterator[bytes]:
    sort_code, number, name = "089999", "66374958", "EXAMPLE COUNCIL"
    for each in payments:
        yield (
            f"{each.sort_code}{each.account_number}099{sort_code}{number}    {each.amount_pence:011d}{name:<18}"
            f"{each.reference:<18}{each.account_name:<18}\r\n"
        ).encode("ascii")


def payments_one_by_one(size: int) -> Iterator[Payment]:
    for place in range(size):
        digits = f"{place * 7919 % 100_000_000:08}"
        yield Payment(f"HSF-{place:09}", "202959", digits, 100 + place % 100_000, f"PAYEE {digits}", f"HSF-{place:09}")


def message(payments: Iterable[Payment], count: int | None = None, total_pence: int | None = None) -> Iterator[bytes]:
    council = Party("EXAMPLE COUNCIL", "912345", "SUN")
    day = date(2026, 9, 17)
    batch = Batch("HSF-417", Scheme.BACS, day, council, "089999", "66374958", payments, count, total_pence)
    created_at = datetime(2026, 9, 14, 9, tzinfo=UTC)
    return write_message(Message("HSF-417", created_at, council, [batch]), BankProfile.shipped("common"))


def pain001(size: int) -> Iterator[bytes]:
    """A million payments from a generator, whose totals are told beforehand."""
    total_pence = sum(100 + place % 100_000 for place in range(size))
    return message(payments_one_by_one(size), size, total_pence)


def pain001_writers(size: int) -> dict[str, Callable[[], Iterator[bytes]]]:
    payments = list(payments_one_by_one(size))
    return {"bare": lambda: bare_pain001(payments), "bacs": lambda: message(payments)}


def bare_pain001(payments: Iterable[Payment]) -> Iterator[bytes]:
    for each in payments:
        yield (
            f"<CdtTrfTxInf><PmtId><EndToEndId>{escape(each.end_to_end_id)}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="GBP">{each.amount_pence // 100}.{each.amount_pence % 100:02}</InstdAmt></Amt>'
            "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>GBDSC</Cd></ClrSysId>"
            f"<MmbId>{escape(each.sort_code)}</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>"
            f"<Cdtr><Nm>{escape(each.name)}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{escape(each.account_number)}</Id>"
            "<SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr></Id></CdtrAcct>"
            f"<RmtInf><Ustrd>{escape(each.reference)}</Ustrd></RmtInf></CdtTrfTxInf>\n"
        ).encode("ascii")


def compare_peers(size: int) -> None:
    payments = list(payments_one_by_one(size))
    ours = min(seconds(lambda: message(payments)) for _ in range(ROUNDS))
    print(f"peer_size={size}")
    for name, writer in (("sepaxml", sepaxml_writer), ("pain001", pain001_writer)):
        took = writer(payments)
        print(f"{name}_per_second={size / took:.0f}")
        print(f"ratio_to_{name}={took / ours:.1f}")


def sepaxml_writer(payments: list[Payment]) -> float:
    """Seconds for `sepaxml`, in euro as it must, without its check against the schema."""
    from sepaxml import SepaTransfer

    started = time.perf_counter()
    config = {"name": "EXAMPLE COUNCIL", "IBAN": "NL50BANK1234567890", "batch": True, "currency": "EUR"}
    transfer = SepaTransfer(config, schema="pain.001.001.09", clean=False)
    for each in payments:
        transfer.add_payment(
            {
                "name": each.name,
                "IBAN": "NL50BANK1234567890",
                "amount": each.amount_pence,
                "execution_date": date(2026, 9, 17),
                "description": each.reference,
                "endtoend_id": each.end_to_end_id,
            }
        )
    transfer.export(validate=False)
    return time.perf_counter() - started


def pain001_writer(payments: list[Payment]) -> float:
    """Seconds for `pain001`, from rows to the text of the message."""
    from pain001.xml.generate_xml import generate_xml_string

    from_rows = [pain001_row(each, len(payments)) for each in payments]
    import pain001

    folder = f"{pain001.__path__[0]}/templates/pain.001.001.09"
    started = time.perf_counter()
    generate_xml_string(from_rows, "pain.001.001.09", f"{folder}/template.xml", f"{folder}/pain.001.001.09.xsd")
    return time.perf_counter() - started


def pain001_row(each: Payment, count: int) -> dict[str, object]:
    amount = f"{each.amount_pence // 100}.{each.amount_pence % 100:02}"
    return {
        "id": "HSF-417",
        "date": "2026-09-14T09:00:00",
        "nb_of_txs": str(count),
        "ctrl_sum": amount,
        "initiator_name": "EXAMPLE COUNCIL",
        "payment_information_id": "HSF-417",
        "payment_id": each.end_to_end_id,
        "payment_method": "TRF",
        "batch_booking": "true",
        "service_level_code": "NURG",
        "requested_execution_date": "2026-09-17",
        "debtor_name": "EXAMPLE COUNCIL",
        "debtor_account_IBAN": "GB29NWBK60161331926819",
        "debtor_agent_BIC": "NWBKGB2L",
        "debtor_agent_BICFI": "NWBKGB2L",
        "forwarding_agent_BIC": "NWBKGB2L",
        "charge_bearer": "SHAR",
        "payment_amount": amount,
        "payment_currency": "GBP",
        "currency": "GBP",
        "creditor_agent_BIC": "NWBKGB2L",
        "creditor_agent_BICFI": "NWBKGB2L",
        "creditor_name": each.name,
        "creditor_account_IBAN": "GB29NWBK60161331926819",
        "creditor_remittance_information": each.reference,
        "remittance_information": each.reference,
        "end_to_end_id": each.end_to_end_id,
        "reference_number": each.reference,
        "reference_date": "2026-09-14",
        "service_level": "NURG",
    }


def peak_of(name: str, size: int) -> float:
    """The most memory, in MiB, that a process needs to write a file from a generator."""
    command = [sys.executable, __file__, "--peak", name, "--size", str(size)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak_mib() -> float:
    """This process's own peak: the figure of getrusage is also its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell a process's peak")


if __name__ == "__main__":
    main()
