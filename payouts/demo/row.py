"""A row of a register as a body uploads it."""

from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True)
class Row:
    """One award: whose it is, how much, who receives it, into which account. All as text, the way a person typed it.

    ``amount`` is in pounds, dates are ISO 8601, ``email`` is that of whoever is paid. The three ``payee_`` columns are
    blank when the beneficiary receives the money; else ``payee_role`` is appointee, parent or provider.
    """

    reference: str
    beneficiary_name: str
    amount: str
    start_date: str
    end_date: str = ""
    payee_reference: str = ""
    payee_name: str = ""
    payee_role: str = ""
    email: str = ""
    account_name: str = ""
    sort_code: str = ""
    account_number: str = ""
    roll_number: str = ""

    def cells(self) -> list[str]:
        """The row in the order of ``COLUMNS``."""
        return [str(cell) for cell in astuple(self)]


COLUMNS = tuple(field.name for field in fields(Row))
