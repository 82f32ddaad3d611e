"""The examples in the docstrings are true."""

import doctest

import pytest

from schemes import amount, period


@pytest.mark.parametrize("module", [amount, period], ids=lambda module: module.__name__)
def test_the_examples_of_a_module_are_true(module):
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted > 0
