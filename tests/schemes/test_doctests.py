"""The examples in the docstrings are true."""

import doctest

import pytest

from payouts.gates import attachment
from schemes import amount, gate_rule, period


@pytest.mark.parametrize("module", [amount, period, gate_rule, attachment], ids=lambda module: module.__name__)
def test_the_examples_of_a_module_are_true(module):
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted > 0
