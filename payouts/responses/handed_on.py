"""Responses whose content other rooms read: each takes the file whole, in the transaction of the job that reads it.

A room that reads a kind adds itself here: `TO[ResponseKind.STATEMENT] = take`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from payouts.responses.response import Response, ResponseKind

if TYPE_CHECKING:
    from payouts.app import Service

TO: dict[ResponseKind, Callable[[Session, Service, Response, BinaryIO], None]] = {}
