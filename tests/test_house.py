"""The house as a whole: which way imports point, what every route and module must have, what stands nowhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Enum, create_engine, text

from payouts.api import application
from payouts.migrating import alembic_config
from payouts.tasks import kinds
from payouts.web import site
from payouts.web.access import audience_of
from schemes import before_body
from schemes.database import Base
from tests.web.one_app import app_on

ROOT = Path(__file__).parent.parent
# importing these registers every table
TABLES = (site, application, kinds, before_body)

tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
CODE = [ROOT / name for name in tracked if name.endswith(".py") and (ROOT / name).exists()]
OURS = [path for path in CODE if path.relative_to(ROOT).parts[0] in ("bacs", "schemes", "payouts")]


def name_of(path):
    return str(path.relative_to(ROOT))


def test_imports_point_one_way():
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout


def test_there_is_one_migration_head():
    assert len(ScriptDirectory.from_config(alembic_config("")).get_heads()) == 1


def test_a_migrated_database_has_exactly_the_models_tables(make_settings):
    engine = create_engine(make_settings().owner_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_migrated_database_takes_every_word_that_a_status_or_kind_may_have_and_no_other(make_settings):
    """Alembic does not compare checks: of two migrations that both write a list anew, the later could lose a word."""
    engine = create_engine(make_settings().owner_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        checks = dict(
            connection.execute(
                text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")
            ).all()
        )
    engine.dispose()
    differing = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Enum):
                name = f"ck_{table.name}_{column.type.name}"
                taken = set(re.findall(r"'([^']*)'::", checks.get(name, "")))
                if taken != set(column.type.enums):
                    differing[name] = taken ^ set(column.type.enums)
    assert differing == {}


@pytest.fixture
def app(service):
    return app_on(service)


def test_every_route_says_who_may_see_it(app):
    assert len(list(app.url_map.iter_rules())) > 20
    for rule in app.url_map.iter_rules():
        assert audience_of(app, rule.endpoint), rule.rule


def test_every_route_is_asked_by_get_or_post_and_nothing_else(app):
    for rule in app.url_map.iter_rules():
        assert rule.methods <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.rule


def calls_of(path, name):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == name]


def functions_of(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def test_no_queue_is_named_that_no_process_works():
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line)
    assert {"web", "worker", "clock", "release"} <= procfile.keys()
    named = {ast.unparse(call.args[0]) for path in OURS for call in calls_of(path, "rq.Queue")}
    assert named == {"QUEUE_NAME"}, "every queue goes by the one name that the worker pool works"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {command.split()[0] for command in procfile.values()} <= scripts.keys() | {"gunicorn"}


def test_every_kind_of_work_that_is_asked_for_is_known_to_the_workers():
    asked = {ast.literal_eval(call.args[1]) for path in OURS for call in calls_of(path, "outbox.add")}
    assert asked == kinds.KINDS.keys()


def test_every_module_says_what_it_is():
    silent = [name_of(path) for path in OURS if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_modules_stay_under_400_lines_and_functions_under_60():
    long = [
        f"{name_of(path)}: {count} lines"
        for path in CODE
        if "migrations" not in path.parts and (count := len(path.read_text().splitlines())) > 400
    ]
    long += [
        f"{name_of(path)}: {function.name} has {length} lines"
        for path in OURS
        for function in functions_of(path)
        if (length := body_lines(function)) > 60
    ]
    assert long == []


def body_lines(function):
    """Lines of a function without its signature and decorators: parameters one a line are no complexity."""
    return function.end_lineno - function.body[0].lineno + 1


def test_no_module_is_called_after_nothing():
    nameless = {"utils", "util", "helpers", "helper", "common", "misc", "models", "services", "dao"}
    assert [name for name in tracked if nameless & set(Path(name).with_suffix("").parts)] == []


# one letter in brackets each: so this file does not hold what it looks for
UNFINISHED = re.compile(r"[T]ODO|[F]IXME|[X]XX|[H]ACK:|[N]otImplementedError")
SKIPPED = re.compile(r"(mark|pytest)\.([s]kip|[x]fail)")
PATHS = r"(?<![\w./-])/([w]ork|[h]ome|[U]sers|[r]oot)/"
HOSTS = r"[i]ndex-url|[d]evpi|[a]rtifactory|[n]exus\.|[r]egistry\.\w+\.\w+|pypi\.(?!org)\w+\.\w+|:\d+/([s]imple|[n]pm)"
MACHINE = re.compile(f"{PATHS}|{HOSTS}")


def text_files():
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".png", ".gz", ".ico", ".woff2") or not path.is_file():
            continue
        yield name, path.read_text(encoding="utf-8", errors="replace")


def lines_with(pattern, *, code_only=False):
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in text_files()
        if not code_only or name.endswith(".py")
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_nothing_is_left_for_later():
    assert lines_with(UNFINISHED, code_only=True) == []


def test_no_test_is_passed_over():
    assert lines_with(SKIPPED, code_only=True) == []


def test_no_tracked_file_names_a_machine_or_a_registry():
    assert lines_with(MACHINE) == []


@pytest.mark.parametrize("name", ["production", "development"])
def test_every_requirement_is_pinned_with_a_hash(name):
    requirements = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{name}.txt").read_text().strip())
    requirements = [requirement for requirement in requirements if not requirement.startswith("#")]
    assert len(requirements) > 20
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+", requirement), requirement[:60]
        assert "--hash=sha256:" in requirement, requirement[:60]


def test_the_development_requirements_hold_the_production_ones_at_the_same_versions():
    def versions(name):
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert versions("production.txt").items() <= versions("development.txt").items()
