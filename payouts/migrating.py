"""Bringing a database to the newest shape, as the owner of its tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parent.parent


def alembic_config(owner_database_url: str) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["owner_database_url"] = owner_database_url
    return config


def migrate(owner_database_url: str) -> None:
    """Run the migrations that the database has not had yet."""
    command.upgrade(alembic_config(owner_database_url), "head")
