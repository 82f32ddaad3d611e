"""The examples in the documentation run."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "bacs.md"


def test_the_examples_in_the_docs_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pay, check, hold, ask, _ = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(pay, names)
    exec(check, names)
    assert names["name"].text == "SIAN ONEILL"
    assert list(names["validate"](names["data"])) == []
    exec(hold, names)
    assert names["found"].is_same
    exec(ask, names)
    assert b"".join(names["blocks"]).startswith(b"<?xml")
