"""The log of gunicorn itself, in the form of all other lines: its own would name the path of a request that failed."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from payouts import logs


class ServerLog(Logger):
    """Gunicorn's, but for how a line is written."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(logs.form_wanted(), "web"))
