"""Readers against mutated files: nothing but their own errors may come out, in time that grows with the input.

python benchmarks/bacs_hostile.py --size 1000000
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from bacs import reports
from bacs.errors import BacsError
from bacs.iso20022 import camt, instructions, pain002
from bacs.standard18 import read, read_submission, validate

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
PIECES = (b"<", b">", b"&", b"&#0;", b"&x;", b"<!--", b"]]>", b"<![CDATA[", b"\xff", b"\x00", b"\r\n", b"\n", b" ",
          b"9" * 40,
          b"<?x?>", b"<!DOCTYPE a>", b'="', b"/>", b"</Ntry>", b"CONTRA", b"-", b"\xe2\x80\xa8", b"e5",
          b"0" * 20)  # fmt: skip

Reader = Callable[[bytes], object]


def drained(reader: Callable[[bytes], Iterable[object]]) -> Reader:
    return lambda data: list(reader(data))


CASES: list[tuple[str, tuple[Reader, ...]]] = [
    ("standard18/single-day.txt", (drained(read), drained(validate), read_submission)),
    ("standard18/bureau-multi-day.txt", (drained(read), drained(validate), read_submission)),
    ("reports/input.xml", (drained(reports.read),)),
    ("reports/arucs.xml", (drained(reports.read),)),
    ("reports/awacs.xml", (drained(reports.read),)),
    ("iso20022/camt.053.001.08.xml", (drained(camt.read),)),
    ("iso20022/camt.054.001.02.xml", (drained(camt.read),)),
    ("iso20022/pain.002.001.03.xml", (drained(pain002.read),)),
    ("iso20022/pain.001.001.09.xml", (drained(instructions.read),)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="mutated inputs to read")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    cases = [((GOLDEN / name).read_bytes(), readers) for name, readers in CASES]
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for place in range(options.size):
        original, readers = cases[place % len(cases)]
        data = mutated(original, rng)
        for reader in readers:
            started = time.perf_counter()
            try:
                reader(data)
                outcomes["read"] += 1
            except BacsError:
                outcomes["refused"] += 1
            slowest = max(slowest, time.perf_counter() - started)
    print(f"size={options.size}")
    for name, count in sorted(outcomes.items()):
        print(f"{name}={count}")
    print("other_errors=0")
    print(f"slowest_milliseconds={slowest * 1000:.1f}")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with one to four places overwritten, cut out, repeated, or cut off behind."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(changed) + 1)
        length = rng.randint(0, 30)
        way = rng.randrange(6)
        if way == 0:
            changed[place : place + length] = b""
        elif way == 1:
            changed[place:place] = changed[place : place + length]
        elif way == 2:
            changed[place : place + rng.randint(0, 5)] = rng.choice(PIECES)
        elif way == 3:
            changed[place : place + 1] = bytes([rng.randrange(256)])
        elif way == 4 and rng.random() < 0.2:
            del changed[place:]
        else:
            other = rng.randrange(len(changed) + 1)
            changed[place : place + length] = changed[other : other + length]
        if not changed:
            break
    return bytes(changed)


if __name__ == "__main__":
    main()
