"""Modulus checking side by side with PyPI's `ukmodulus`, on the same weight table: speed, and agreement.

python benchmarks/bacs_modulus.py --size 1000000
"""

import argparse
import random
import time
from collections import defaultdict

import ukmodulus

from bacs.modulus import WeightTable, check_many

Pairs = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="accounts to check")
    parser.add_argument("--peer-size", type=int, default=100_000, help="accounts the peer checks, and agrees on")
    options = parser.parse_args()
    lend_our_table_to_the_peer()
    pairs = random_pairs(max(options.size, options.peer_size))

    started = time.perf_counter()
    results = list(check_many(pairs[: options.size]))
    ours = options.size / (time.perf_counter() - started)

    payable = sum(result.outcome.is_payable for result in results)

    compared = pairs[: options.peer_size]
    started = time.perf_counter()
    theirs_say = [ukmodulus.validate_number(*pair) for pair in compared]
    theirs = len(compared) / (time.perf_counter() - started)
    ours_say = [result.outcome.is_payable for result in check_many(compared)]
    disagreements = sum(ours_says != they_say for ours_says, they_say in zip(ours_say, theirs_say, strict=True))

    print(f"size={options.size}")
    print(f"compared={len(compared)}")
    print(f"payable={payable}")
    print(f"disagreements={disagreements}")
    print(f"bacs_per_second={ours:.0f}")
    print(f"ukmodulus_per_second={theirs:.0f}")
    print(f"ratio={ours / theirs:.1f}")


def lend_our_table_to_the_peer() -> None:
    """The peer ships figures of 2017; with ours in their place any disagreement is about the rules."""
    table = WeightTable.shipped()
    ukmodulus._weightings[:] = [
        ukmodulus.ModulusWeight(
            int(row.first),
            int(row.last),
            str(row.method),
            list(row.weights),
            str(row.exception) if row.exception else None,
        )
        for row in table.rows
    ]
    ukmodulus._sc_subs.clear()
    ukmodulus._sc_subs.update(table.substitutions)


def random_pairs(size: int) -> Pairs:
    """Random accounts, spread evenly over every pattern of rules in the table, with a fixed seed."""
    rng = random.Random(20260916)
    by_pattern = defaultdict(list)
    table = WeightTable.shipped()
    for row in table.rows:
        rows = table.rows_for(row.first)
        by_pattern["+".join(each.rule for each in rows)].append(row)
    patterns = [by_pattern[name] for name in sorted(by_pattern)]
    pairs = []
    for place in range(size):
        row = rng.choice(patterns[place % len(patterns)])
        sort_code = rng.randint(int(row.first), int(row.last))
        pairs.append((f"{sort_code:06}", f"{rng.randrange(10**8):08}"))
    return pairs


if __name__ == "__main__":
    main()
