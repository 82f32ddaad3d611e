"""Alembic's environment: migrations run as the owner of the tables, a role that no app process holds."""

from alembic import context
from sqlalchemy import NullPool, create_engine

from payouts.api import application
from payouts.tasks import kinds
from payouts.web import site
from schemes import before_body
from schemes.database import Base

# importing these registers every table
TABLES = (site, application, kinds, before_body)

url = context.config.attributes["owner_database_url"].replace("postgresql://", "postgresql+psycopg://", 1)

# a pooled connection would stay open, and a database in use cannot be cloned
with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
