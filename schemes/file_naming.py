"""How the files of a bank profile are called: a pattern of safe characters with the facts of a file in braces."""

from __future__ import annotations

import re
from datetime import date
from string import Formatter

FIRST_PATTERN = "{scheme}-{payroll}-{day}-{serial}.txt"
FIELDS = ("scheme", "payroll", "day", "serial")
# what every file system and Bacs software takes, and no shell or spreadsheet reads anything into
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST = 60
SANDBOX = "SANDBOX-"


def fits(pattern: str) -> bool:
    """Whether a pattern makes safe names, and never one name for two files: the serial is in it."""
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        return False
    fields = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    if any(name not in FIELDS or spec or conversion for name, spec, conversion in fields):
        return False
    example = example_name(pattern)
    return "{serial}" in pattern and len(example) <= LONGEST and bool(SAFE.fullmatch(example))


def name_for(pattern: str, *, scheme: str, payroll: int, day: date, serial: int, sandbox: bool) -> str:
    """A file's name; `day` is the processing day. In a sandbox it says so whatever the pattern is."""
    name = pattern.format(scheme=scheme, payroll=f"{payroll:04d}", day=f"{day:%Y%m%d}", serial=f"{serial:06d}")
    return f"{SANDBOX}{name}" if sandbox else name


def example_name(pattern: str, *, sandbox: bool = False) -> str:
    """What a file could be called, to be looked at before the pattern counts."""
    return name_for(pattern, scheme="GRANT", payroll=7, day=date(2026, 11, 25), serial=12, sandbox=sandbox)
