"""Reading large files: Standard 18, camt.053 and ARUCS, each beside `lxml.iterparse` that does nothing.

    python benchmarks/bacs_reading.py --size 1000000

A camt.053 has a tenth of the size, an ARUCS a twentieth. Files are made first, in a temporary directory.
"""

import argparse
import tempfile
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from lxml import etree

from bacs import reports
from bacs.iso20022 import camt
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile, read, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="records of the Standard 18 file")
    size = parser.parse_args().size
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        lines += measure_standard18(Path(folder) / "bacs.txt", size)
        lines += measure_xml(
            "camt053", Path(folder) / "camt.xml", statement(size // 10), camt.read, "{*}Ntry", size // 10
        )
        lines += measure_xml(
            "arucs", Path(folder) / "arucs.xml", returns(size // 20), reports.read, "{*}ReturnedCreditItem", size // 20
        )
    print(f"size={size}")
    print("\n".join(lines))


def measure_standard18(path: Path, size: int) -> Iterator[str]:
    account = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
    payments = (Credit("202959", "63748472", 100 + place, "A N OTHER", f"REF {place}") for place in range(size))
    section = Section(account, date(2026, 9, 16), payments, "PAYRUN")
    user_file = UserFile("912345", "EXAMPLE COUNCIL", 1, [section])
    with path.open("wb") as file:
        file.writelines(write(Submission("000001", "912345", date(2026, 9, 14), [user_file])))
    yield f"standard18_records_per_second={size / seconds(lambda: drain(path, read)):.0f}"
    yield f"standard18_items_per_second={size / seconds(lambda: drain(path, items)):.0f}"
    yield f"standard18_peak_kib={peak_kib(lambda: drain(path, items))}"


def items(file: object) -> Iterator[object]:
    return (line.item() for line in read(file))


def measure_xml(name: str, path: Path, pieces: Iterator[str], reader: Callable, tag: str, size: int) -> Iterator[str]:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(pieces)
    best_ours = min(seconds(lambda: drain(path, reader)) for _ in range(3))
    best_floor = min(seconds(lambda: parse_only(path)) for _ in range(3))
    best_items = min(seconds(lambda: parse_items(path, tag)) for _ in range(3))
    yield f"{name}_bytes={path.stat().st_size}"
    yield f"{name}_per_second={size / best_ours:.0f}"
    yield f"{name}_iterparse_per_second={size / best_floor:.0f}"
    yield f"{name}_ratio={best_floor / best_ours:.2f}"
    yield f"{name}_ratio_to_items_only={best_items / best_ours:.2f}"
    yield f"{name}_peak_kib={peak_kib(lambda: drain(path, reader))}"


def drain(path: Path, reader: Callable) -> None:
    with path.open("rb") as file:
        deque(reader(file), maxlen=0)


def parse_only(path: Path) -> None:
    """lxml.iterparse, doing nothing."""
    with path.open("rb") as file:
        deque(etree.iterparse(file), maxlen=0)


def parse_items(path: Path, tag: str) -> None:
    """lxml at its least: it tells only of whole items, and each is forgotten without a look."""
    with path.open("rb") as file:
        for _, element in etree.iterparse(file, tag=tag):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_kib(work: Callable[[], None]) -> int:
    """Python's own memory at its highest, beyond what was there before."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak // 1024


def statement(size: int) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    yield "<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-09-18T06:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id>"
    yield "<Acct><Id><Othr><Id>08999966374958</Id></Othr></Id><Ccy>GBP</Ccy></Acct>"
    for place in range(size):
        amount = f'<Amt Ccy="GBP">{place % 900 + 1}.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
        yield (
            f"<Ntry><NtryRef>{place}</NtryRef>{amount}<Sts><Cd>BOOK</Cd></Sts>"
            "<BookgDt><Dt>2026-09-17</Dt></BookgDt><ValDt><Dt>2026-09-17</Dt></ValDt>"
            f"<AcctSvcrRef>B{place:012}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd>"
            "<SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><PmtInfId>HSF-417</PmtInfId>"
            f"<EndToEndId>HSF-{place}</EndToEndId></Refs>{amount}<RltdPties><Cdtr><Pty><Nm>A N OTHER</Nm></Pty></Cdtr>"
            "<CdtrAcct><Id><Othr><Id>63748472</Id></Othr></Id></CdtrAcct></RltdPties>"
            f"<RmtInf><Ustrd>HSF-2026-{place}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        )
    yield "</Stmt></BkToCstmrStmt></Document>"


def returns(size: int) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?><BACSDocument><Data><ARUCS><Header reportType="1" adviceNumber="33"/>'
    yield '<ServiceLicenseInformation userName="EXAMPLE COUNCIL" userNumber="912345"/><Advice>'
    yield "<OriginatingAccountRecords><OriginatingAccountRecord>"
    yield '<OriginatingAccount name="EXAMPLE COUNCIL" number="66374958" sortCode="08-99-99"/>'
    for place in range(size):
        yield (
            f'<ReturnedCreditItem ref="HSF-{place}" transCode="99" returnCode="0156" returnDescription="Account closed"'
            f' originalProcessingDate="2026-09-16" valueOf="{place % 900 + 1}.50" currency="GBP">'
            f'<BeneficiaryAccount number="63748472" ref="HSF-{place}" name="A N OTHER" sortCode="20-29-59" '
            'bankName="B BANK" branchName="CITY"/></ReturnedCreditItem>\n'
        )
    yield "</OriginatingAccountRecord></OriginatingAccountRecords></Advice></ARUCS></Data></BACSDocument>"


if __name__ == "__main__":
    main()
