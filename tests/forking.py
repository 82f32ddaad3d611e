"""The site's processes forked from one that has imported the code: importing takes longer than most of what they do.

`mother` runs in a process of its own, with no thread and no connection: `python -m tests.forking`.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from payouts.demo.processes import Processes

ROOT = Path(__file__).parents[1]


def mother() -> None:
    """Answer each line of the input, as long as there is one: fork a process, or say what became of one."""
    from payouts import cli

    # what the site and the clock read when they start
    for module in (
        "payouts.commands.serving",
        "gunicorn.app.wsgiapp",
        "payouts.web.site",
        "payouts.api.application",
        "payouts.tasks.clock",
    ):
        import_module(module)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            pid, status = os.waitpid(asked["wait"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            told, tells = os.pipe()
            answer = os.fork()
            if answer == 0:
                become(**asked)
                os.close(told)
                os.close(tells)
                cli.main()
                return
            os.close(tells)
            # whoever asked may want to end it by its session at once, as with `Popen`
            os.read(told, 1)
            os.close(told)
        print(json.dumps(answer), flush=True)


def become(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be what `Popen` makes: in a session of its own, with an environment, a log, and nothing to read."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["payouts", *arguments]
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, written, written)):
        os.dup2(stream, number)
    os.close(written)
    os.close(nothing)


@dataclass
class Nursery:
    """Where the mother is asked, by one thread at a time. `started`: the commands that were run as people type them."""

    mother: subprocess.Popen[str]
    started: set[str] = field(default_factory=set)
    turn: Lock = field(default_factory=Lock)

    def ask(self, **asked: Any) -> Any:
        with self.turn:
            assert self.mother.stdin is not None
            assert self.mother.stdout is not None
            self.mother.stdin.write(json.dumps(asked) + "\n")
            self.mother.stdin.flush()
            return json.loads(self.mother.stdout.readline())


@contextmanager
def started_nursery() -> Iterator[Nursery]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "tests.forking"], stdin=pipe, stdout=pipe, cwd=ROOT, text=True
    ) as process:
        yield Nursery(process)


@dataclass
class Forked:
    """A child of the mother, with as much of `Popen` as is asked of one."""

    nursery: Nursery
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.nursery.ask(wait=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (timeout or float("inf"))
        while (ended := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.005)
        return ended


class ForkedProcesses(Processes):
    """Each command is run once in a test process as people type it; whenever it is wanted again, it is forked.

    But for workers, whose sending of notices was seen to stand still when forked, and the simulator that they send to.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path, nursery: Nursery) -> None:
        super().__init__(environment, logs)
        self.nursery = nursery

    def start(self, name: str, *, under: str | None = None) -> None:
        if name in ("worker", "sandbox") or name not in self.nursery.started:
            self.nursery.started.add(name)
            super().start(name, under=under)
            return
        self.logs.mkdir(parents=True, exist_ok=True)
        label = under or name
        log = self.logs / f"{label}.log"
        environment = {**os.environ, **self.environment}
        pid = self.nursery.ask(arguments=[name], environment=environment, log=str(log))
        self.running[label] = Forked(self.nursery, pid)  # type: ignore[assignment]


if __name__ == "__main__":
    mother()
