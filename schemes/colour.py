"""A body's colour, and whether it can be read on: WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (lines)."""

from __future__ import annotations

import re
from enum import StrEnum

from schemes.errors import Refused

WHITE, BLACK = "ffffff", "0b0c0c"
HEX = re.compile(r"[0-9a-f]{6}")
LEAST_FOR_TEXT = 4.5
LEAST_FOR_LINES = 3.0


class ColourFault(StrEnum):
    """What is wrong with a colour."""

    NOT_A_COLOUR = "not_a_colour"
    TOO_PALE = "too_pale"
    UNREADABLE = "unreadable"


class ColourRefused(Refused):
    """A colour that is none, or on which some people could not read."""

    def __init__(self, fault: ColourFault) -> None:
        super().__init__(f"colour: {fault}")
        self.fault = fault


def read_colour(typed: str) -> str:
    """Six digits as `#00625e`, from however they are written. Raises ColourRefused.

    The colour carries text in the header, white or black, and is the colour of lines on white pages.
    """
    digits = typed.strip().removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if not HEX.fullmatch(digits):
        raise ColourRefused(ColourFault.NOT_A_COLOUR)
    if contrast(digits, WHITE) < LEAST_FOR_LINES:
        raise ColourRefused(ColourFault.TOO_PALE)
    if contrast(digits, text_on(digits)) < LEAST_FOR_TEXT:
        raise ColourRefused(ColourFault.UNREADABLE)
    return f"#{digits}"


def text_on(colour: str) -> str:
    """White or black, whichever is read more easily on a colour; both as six digits."""
    return WHITE if contrast(colour, WHITE) >= contrast(colour, BLACK) else BLACK


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours of six digits: from 1, the same, to 21, black on white."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
