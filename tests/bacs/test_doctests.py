"""The examples in the docstrings are true."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import bacs

MODULES = [module.name for module in pkgutil.walk_packages(bacs.__path__, "bacs.") if module.name != "bacs.__main__"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(import_module(name)).failed == 0
