"""What a file of rows is once it can be read: lines of cells, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol


class Table(Protocol):
    """Lines of cells. `notes`: how the file as a whole was read where that was not plain, as JSON values."""

    @property
    def notes(self) -> Mapping[str, Any]: ...

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row that is not blank, from the first; asked for several times.

        Raises FileRefused where the file breaks off.
        """
        ...


def is_blank(cells: list[str]) -> bool:
    return not ((cells and cells[0].strip()) or any(cell.strip() for cell in cells))
