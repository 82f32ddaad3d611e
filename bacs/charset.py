"""Names as people write them, and the characters that a payment file can carry.

A Bacs file carries `A-Z 0-9 . & / -` and space (Standard 18, character set). `to_bacs` turns a name into these and
says what it changed; it never cuts. Cutting is a second, explicit step, which can say what is lost.

>>> name = to_bacs("Seán Ó'Brien-Łukasz")
>>> name.text
'SEAN OBRIEN-LUKASZ'
>>> [str(change) for change in name.changes]
["'á' became 'A'", "'Ó' became 'O'", "''' was dropped", "'Ł' became 'L'"]
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

BACS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- "
ISO20022 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ "
"""The set that banks take in ISO 20022 messages. It has no `&`."""

_APOSTROPHES = "'’‘‛ʼʻʹʽ`´′＇"
_PLAIN = re.compile("[A-Za-z0-9.&/ -]*")
_DASHES = "‐‑‒–—―−﹘﹣－"

# Letters that Unicode does not take apart into a base letter and a mark
_LETTERS = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i", "ȷ": "j", "ħ": "h", "Ħ": "H",
    "ŧ": "t", "Ŧ": "T", "ŋ": "ng", "Ŋ": "NG", "ĸ": "k", "ə": "e", "Ə": "E", "ɐ": "a", "ʒ": "z", "Ʒ": "Z",
    "ƒ": "f", "Ƒ": "F", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K", "ɨ": "i", "Ɨ": "I",
    "ƶ": "z", "Ƶ": "Z", "ƀ": "b", "Ƀ": "B", "ɖ": "d", "Ɖ": "D", "ɛ": "e", "Ɛ": "E", "ɔ": "o", "Ɔ": "O",
    # Gaelic type: insular letters and the sign for "and"
    "ꝺ": "d", "Ꝺ": "D", "ꝼ": "f", "Ꝼ": "F", "ᵹ": "g", "Ᵹ": "G", "ꞃ": "r", "Ꞃ": "R", "ꞅ": "s", "Ꞅ": "S",
    "ꞇ": "t", "Ꞇ": "T", "⁊": "&", "ꝛ": "r", "Ꝛ": "R", "ȝ": "y", "Ȝ": "Y", "ƿ": "w", "Ƿ": "W",
    # Middle Welsh: one letter for ll, one for v
    "ỻ": "ll", "Ỻ": "LL", "ỽ": "v", "Ỽ": "V",
    "⁄": "/", "∕": "/", "＆": "&", "﹠": "&",
}  # fmt: skip


class ChangeKind(StrEnum):
    """What became of a character."""

    TRANSLITERATED = "transliterated"
    DROPPED = "dropped"
    BLANKED = "blanked"


@dataclass(frozen=True, slots=True)
class Change:
    """One character of a name that the file cannot carry, and what stands in its place. Mere upper-casing is none."""

    found: str
    became: str
    kind: ChangeKind

    def __str__(self) -> str:
        if self.kind is ChangeKind.TRANSLITERATED:
            return f"'{self.found}' became '{self.became}'"
        return f"'{self.found}' was dropped" if self.kind is ChangeKind.DROPPED else f"'{self.found}' became a space"


@dataclass(frozen=True, slots=True)
class WireText:
    """A name as written, as the file carries it, and the changes between, in order. `text` is whole, never cut."""

    original: str
    text: str
    changes: tuple[Change, ...]

    @property
    def is_lossy(self) -> bool:
        """Whether a character was blanked: nothing stands for it any more, so a person should look."""
        return any(change.kind is ChangeKind.BLANKED for change in self.changes)

    def fits(self, width: int) -> bool:
        """Whether the whole text fits a field of `width` characters and is not empty."""
        return 0 < len(self.text) <= width

    def cut(self, width: int) -> str:
        """The text cut to `width`: what the payee's bank would see. Look at `lost` first."""
        return self.text[:width].rstrip()

    def lost(self, width: int) -> str:
        """What `cut` leaves off: "" when the text fits."""
        return self.text[len(self.cut(width)) :] if len(self.text) > width else ""


def to_bacs(name: str) -> WireText:
    """Turn a name into the Bacs character set, in upper case (Standard 18, character set).

    Accents are taken off and ligatures spelt out; apostrophes are dropped (O'Brien is OBRIEN), dashes become
    hyphens, any other character becomes a space; runs of spaces become one. Applying it twice changes nothing more.
    """
    if _PLAIN.fullmatch(name):
        # nearly every name: a million of them take a tenth of the time
        return WireText(name, " ".join(name.upper().split()), ())
    changes: list[Change] = []
    text = "".join([_put(character, BACS, changes, upper=True) for character in unicodedata.normalize("NFC", name)])
    return WireText(name, " ".join(text.split()), tuple(changes))


def to_iso20022(name: str) -> WireText:
    """Turn a name into the ISO 20022 character set, in the case it was written; `&` becomes a plus sign.

    Otherwise as `to_bacs`, so that one rule serves both: apostrophes are dropped here as well, because payees' banks
    compare the names of the two rails.
    """
    changes: list[Change] = []
    kept = ISO20022.replace("'", "")
    text = "".join([_put(character, kept, changes, upper=False) for character in unicodedata.normalize("NFC", name)])
    return WireText(name, " ".join(text.split()), tuple(changes))


def is_bacs(text: str) -> bool:
    """Whether every character of the text can stand in a Bacs file as it is."""
    return not characters_outside(text)


def characters_outside(text: str, characters: str = BACS) -> str:
    """The characters of the text outside the set, each once, in order of appearance."""
    return "".join(dict.fromkeys(character for character in text if character not in characters))


def _put(character: str, characters: str, changes: list[Change], *, upper: bool) -> str:
    wanted = character.upper() if upper and character.isascii() else character
    if wanted in characters:
        return wanted
    became, kind = _transliterate(character, characters, upper)
    if not character.isspace():
        changes.append(Change(character, became, kind))
    return became


@lru_cache(maxsize=4096)
def _transliterate(character: str, characters: str, upper: bool) -> tuple[str, ChangeKind]:
    if character in _APOSTROPHES:
        return "", ChangeKind.DROPPED
    if character in _DASHES:
        return "-", ChangeKind.TRANSLITERATED
    if character == "&":
        return "+", ChangeKind.TRANSLITERATED
    spelt = "".join(_LETTERS.get(part, part) for part in unicodedata.normalize("NFKD", character))
    bare = "".join(part for part in spelt if not unicodedata.combining(part))
    became = "".join("" if part in _APOSTROPHES else part for part in (bare.upper() if upper else bare))
    if not became and unicodedata.combining(character):
        return "", ChangeKind.DROPPED
    if became and all(part in characters for part in became) and not became.isspace():
        return became, ChangeKind.TRANSLITERATED
    if unicodedata.category(character) == "Cf":
        # soft hyphens and joiners take no room in the name as written
        return "", ChangeKind.DROPPED
    return " ", ChangeKind.BLANKED
