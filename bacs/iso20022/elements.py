"""The elements that a pain.001 is made of, as text: values in, XML out, or a refusal."""

import re
from xml.sax.saxutils import escape

from bacs import iban
from bacs.charset import characters_outside
from bacs.errors import FieldReason, FieldRefused, FieldTooLong, NotInCharacterSet
from bacs.iso20022.message import Address
from bacs.iso20022.profile import AccountForm, BankProfile, Marker


def text_of(field: str, value: str, width: int, profile: BankProfile, *, required: bool = False) -> str:
    """A text as XML, or its refusal."""
    if required and not value:
        raise FieldRefused(field, value, FieldReason.EMPTY)
    if len(value) > width:
        raise FieldTooLong(field, value, width)
    if outside := characters_outside(value, profile.characters.characters):
        raise NotInCharacterSet(field, value, outside)
    if value != value.strip(" "):
        raise FieldRefused(field, value, FieldReason.STARTS_WITH_SPACE)
    return escape(value)


def digits_of(field: str, value: str, width: int) -> str:
    """A number of just so many digits, or its refusal."""
    if not (value.isascii() and value.isdigit()):
        raise FieldRefused(field, value, FieldReason.NOT_DIGITS)
    if len(value) != width:
        raise FieldRefused(field, value, FieldReason.WRONG_LENGTH)
    return value


def address_of(address: Address, profile: BankProfile) -> str:
    """A structured or hybrid address: town and country at least, at most two free lines."""
    if not re.fullmatch("[A-Z]{2}", address.country):
        raise FieldRefused("country", address.country, FieldReason.OUT_OF_RANGE)
    if len(address.lines) > 2:
        raise FieldRefused("address_lines", address.lines, FieldReason.OUT_OF_RANGE)
    parts = (
        ("StrtNm", text_of("street", address.street, 70, profile)),
        ("BldgNb", text_of("building_number", address.building_number, 16, profile)),
        ("PstCd", text_of("postcode", address.postcode, 16, profile)),
        ("TwnNm", text_of("town", address.town, 35, profile, required=True)),
        ("Ctry", address.country),
        *(("AdrLine", text_of("address_line", line, 70, profile, required=True)) for line in address.lines),
    )
    return "<PstlAdr>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts if value) + "</PstlAdr>"


def payment_type_of(marker: Marker) -> str:
    """The scheme's mark, "" where the bank picks the scheme itself."""
    level = _choice("SvcLvl", marker.service_level, marker.service_level_proprietary)
    instrument = _choice("LclInstrm", marker.local_instrument, marker.local_instrument_proprietary)
    return f"<PmtTpInf>{level}{instrument}</PmtTpInf>" if level or instrument else ""


def _choice(name: str, code: str, proprietary: str) -> str:
    if code:
        return f"<{name}><Cd>{escape(code)}</Cd></{name}>"
    return f"<{name}><Prtry>{escape(proprietary)}</Prtry></{name}>" if proprietary else ""


def agent_of(sort_code: str, profile: BankProfile) -> str:
    """The bank by its sort code; a gap in a template stays one."""
    system = f"<ClrSysId><Cd>{escape(profile.clearing_system)}</Cd></ClrSysId>" if profile.clearing_system else ""
    return f"<FinInstnId><ClrSysMmbId>{system}<MmbId>{sort_code}</MmbId></ClrSysMmbId></FinInstnId>"


def account_of(sort_code: str, account_number: str, profile: BankProfile) -> str:
    """An account by its number, with its sort code in front where the profile asks for fourteen digits."""
    scheme = f"<SchmeNm><Cd>{escape(profile.scheme_name)}</Cd></SchmeNm>" if profile.scheme_name else ""
    front = sort_code if profile.account_form is AccountForm.FOURTEEN_DIGITS else ""
    return f"<Id><Othr><Id>{front}{account_number}</Id>{scheme}</Othr></Id>"


def iban_account_of(number: str) -> str:
    """An account by its IBAN, or its refusal."""
    return f"<Id><IBAN>{iban.validate(number)}</IBAN></Id>"


def pounds_of(pence: int) -> str:
    """Pence as pounds with two decimals."""
    return f"{pence // 100}.{pence % 100:02}"
