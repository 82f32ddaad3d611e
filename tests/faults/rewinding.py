"""A database as it was when the tests' payroll had gone out, again and again: a new one costs more than a bank's days.

A new database begins with connections that know nothing of it yet. So the one there is goes back instead: each table
that a run has touched, found by what it holds and not by what the run should have done.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

RUNS_BETWEEN_VACUUMS = 10
TABLES = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname ORDER BY c.relname
"""


class Rewound:
    """Remembers every row that is there now, and brings exactly these back."""

    def __init__(self, owner_url: str) -> None:
        self.connection = psycopg.connect(owner_url, autocommit=True)
        self.connection.execute("SET session_replication_role = replica")
        self.columns = dict(self.connection.execute(TABLES).fetchall())
        self.connection.execute("CREATE SCHEMA as_it_was")
        for table in self.columns:
            self.connection.execute(sql.SQL("CREATE TABLE as_it_was.{0} AS TABLE public.{0}").format(named(table)))
        # a row that is another one than before was written by a later transaction, or is not there any more
        self.touched = sql.SQL(" UNION ALL ").join(
            sql.SQL(
                "SELECT {1} WHERE (SELECT count(*) FROM public.{0}) <> (SELECT count(*) FROM as_it_was.{0})"
                " OR EXISTS (SELECT FROM public.{0} WHERE xmin::text::bigint > %(last)s)"
            ).format(named(table), table)
            for table in self.columns
        )
        self.runs = 0
        self.last = self.transaction_now()

    def transaction_now(self) -> int:
        [now] = self.connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or [0]
        return int(now)

    def rewind(self) -> None:
        rows = self.connection.execute(self.touched, {"last": self.last}, prepare=True)
        touched = [table for (table,) in rows]
        with self.connection.transaction():
            for table in touched:
                columns = sql.SQL(", ").join(map(named, self.columns[table]))
                back = sql.SQL("INSERT INTO public.{0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM as_it_was.{0}")
                self.connection.execute(sql.SQL("DELETE FROM public.{0}").format(named(table)))
                self.connection.execute(back.format(named(table), columns))
        self.last = self.transaction_now()
        self.runs += 1
        if self.runs % RUNS_BETWEEN_VACUUMS == 0:
            self.connection.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(map(named, touched))))

    def close(self) -> None:
        self.connection.close()


def named(name: str) -> sql.Identifier:
    return sql.Identifier(name)
