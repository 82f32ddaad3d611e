"""The rules against an independent implementation, with the same table: PyPI's `ukmodulus`."""

import random
from collections import defaultdict

import pytest
import ukmodulus

from bacs.modulus import check
from bacs.weights import WeightTable

SHIPPED = WeightTable.shipped()
BY_PATTERN = defaultdict(list)
for each in SHIPPED.rows:
    BY_PATTERN["+".join(row.rule for row in SHIPPED.rows_for(each.first))].append(each)


@pytest.fixture
def peer(monkeypatch):
    weightings = [
        ukmodulus.ModulusWeight(
            int(row.first), int(row.last), str(row.method), row.weights, str(row.exception) if row.exception else None
        )
        for row in SHIPPED.rows
    ]
    monkeypatch.setattr(ukmodulus, "_weightings", weightings)
    monkeypatch.setattr(ukmodulus, "_sc_subs", SHIPPED.substitutions)
    return ukmodulus.validate_number


@pytest.mark.parametrize("pattern", sorted(BY_PATTERN))
def test_an_independent_implementation_agrees_on_every_pattern_of_rules(pattern, peer):
    rng = random.Random(pattern)
    for _ in range(500):
        row = rng.choice(BY_PATTERN[pattern])
        sort_code, number = f"{rng.randint(int(row.first), int(row.last)):06}", f"{rng.randrange(10**8):08}"
        assert check(sort_code, number).outcome.is_payable == peer(sort_code, number), (sort_code, number)
