"""The demo's processes: the same commands as the Procfile's, started, waited for, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests


class ProcessEnded(Exception):
    """A process of the demo ended by itself; its log says why."""

    def __init__(self, name: str, log: Path) -> None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        super().__init__(f"{name} ended by itself. The end of {log}:\n{tail}")
        self.name = name


def end_leftovers(logs: Path) -> None:
    """End what an earlier demo left running when it was killed: it would work on the new database too."""
    for noted in logs.glob("*.pid"):
        try:
            process = psutil.Process(int(noted.read_text()))
            if "payouts.cli" in process.cmdline():
                os.killpg(process.pid, signal.SIGKILL)
        except (psutil.Error, ValueError):
            pass
        noted.unlink()


@dataclass
class Processes:
    """Children of this process, by name, each with a log."""

    environment: Mapping[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *, under: str | None = None) -> None:
        """Start `payouts NAME`. In a session of its own: Ctrl-C reaches the demo, which stops its children in order."""
        self.logs.mkdir(parents=True, exist_ok=True)
        label = under or name
        with (self.logs / f"{label}.log").open("ab") as log:
            self.running[label] = subprocess.Popen(  # noqa: S603  (our own command)
                [sys.executable, "-m", "payouts.cli", name],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        (self.logs / f"{label}.pid").write_text(str(self.running[label].pid))

    def kill(self, name: str) -> None:
        """SIGKILL a process and whatever shares its session's group, as a crash would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def check(self) -> None:
        """Raises ProcessEnded when one has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ProcessEnded(name, self.logs / f"{name}.log")

    def wait_for(self, url: str, *, seconds: float = 120) -> None:
        """Wait until a web process answers."""
        until = time.monotonic() + seconds
        while True:
            self.check()
            try:
                requests.get(url, timeout=30)
                return
            except requests.RequestException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Ask all to end, and end those that do not within ten seconds."""
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        for process in self.running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()
