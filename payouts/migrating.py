"""Bringing a database to the newest shape, as the owner of its tables."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).parent.parent


def alembic_config(owner_database_url: str) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["owner_database_url"] = owner_database_url
    return config


@cache
def known_revisions() -> tuple[str, frozenset[str]]:
    """The newest migration that this version of the code has, and all that it has."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    newest = scripts.get_current_head()
    assert newest is not None
    return newest, frozenset(script.revision for script in scripts.walk_revisions())


def migrate(owner_database_url: str) -> None:
    """Run the migrations that the database has not had yet."""
    command.upgrade(alembic_config(owner_database_url), "head")
