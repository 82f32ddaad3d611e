"""Names as people write them, in the characters a payment file can carry."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.charset import BACS, ISO20022, Change, ChangeKind, characters_outside, is_bacs, to_bacs, to_iso20022


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A N OTHER", "A N OTHER"),
        ("b-b smith & co", "B-B SMITH & CO"),
        ("O'Brien", "OBRIEN"),
        ("O’Brien", "OBRIEN"),
        ("Siân Llŷr-Ŵyn", "SIAN LLYR-WYN"),
        ("Seán Ó Súilleabháin", "SEAN O SUILLEABHAIN"),
        ("Ċiarán Ḃrennan", "CIARAN BRENNAN"),
        ("ꝼeaꞃ ⁊ bean", "FEAR & BEAN"),
        ("Ỻywelyn", "LLYWELYN"),
        ("Straße", "STRASSE"),
        ("STRAẞE", "STRASSE"),
        ("Bjørn Æther", "BJORN AETHER"),
        ("Þórður Guðmundsson", "THORDUR GUDMUNDSSON"),
        ("Łukasz Żółć", "LUKASZ ZOLC"),
        ("Đorđe", "DORDE"),
        ("Yılmaz İnönü", "YILMAZ INONU"),
        ("Nguyễn Văn Đức", "NGUYEN VAN DUC"),
        ("ﬁeld œuvre", "FIELD OEUVRE"),
        ("Smith–Jones", "SMITH-JONES"),
        ("Smith, John", "SMITH JOHN"),
        ("  A   B  ", "A B"),
        ("A\u00a0B\tC", "A B C"),
        ("½ Ltd", "1/2 LTD"),
        ("Иван", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_what_the_file_can_carry(name, text):
    assert to_bacs(name).text == text
    assert to_bacs(unicodedata.normalize("NFD", name)).text == text


def test_what_was_changed_is_reported_in_order():
    assert to_bacs("Zoë O'Hara, 李").changes == (
        Change("ë", "E", ChangeKind.TRANSLITERATED),
        Change("'", "", ChangeKind.DROPPED),
        Change(",", " ", ChangeKind.BLANKED),
        Change("李", " ", ChangeKind.BLANKED),
    )


def test_upper_casing_alone_is_no_change():
    assert to_bacs("a n other").changes == ()


@pytest.mark.parametrize(("name", "is_lossy"), [("Zoë O'Hara", False), ("Smith, John", True), ("李", True)])
def test_a_character_that_nothing_stands_for_makes_a_name_lossy(name, is_lossy):
    assert to_bacs(name).is_lossy is is_lossy


def test_a_name_is_never_cut_unless_asked_and_what_is_lost_is_told():
    name = to_bacs("Bartholomew Featherstonehaugh")
    assert name.text == "BARTHOLOMEW FEATHERSTONEHAUGH"
    assert not name.fits(18)
    assert name.cut(18) == "BARTHOLOMEW FEATHE"
    assert name.lost(18) == "RSTONEHAUGH"


def test_a_cut_leaves_no_space_at_the_end():
    name = to_bacs("ABCDEFGHIJKLMNOPQ RSTUVW")
    assert name.cut(18) == "ABCDEFGHIJKLMNOPQ"
    assert name.lost(18) == " RSTUVW"


def test_nothing_is_lost_of_a_name_that_fits():
    name = to_bacs("A N OTHER")
    assert name.fits(18)
    assert (name.cut(18), name.lost(18)) == ("A N OTHER", "")


def test_a_name_of_which_nothing_is_left_does_not_fit():
    assert not to_bacs("Иван").fits(18)


@given(st.text())
def test_the_text_is_always_in_the_set_and_turning_it_again_changes_nothing(name):
    text = to_bacs(name).text
    assert is_bacs(text)
    assert to_bacs(text).text == text
    assert to_bacs(text).changes == ()
    assert text == text.strip()


@given(st.text())
def test_the_iso_text_is_always_in_its_set_and_turning_it_again_changes_nothing(name):
    text = to_iso20022(name).text
    assert set(text) <= set(ISO20022)
    assert to_iso20022(text).text == text


@given(st.text(), st.integers(1, 40))
def test_what_is_kept_and_what_is_lost_make_the_whole(name, width):
    wire = to_bacs(name)
    assert wire.cut(width) + wire.lost(width) == wire.text


@given(st.text())
def test_a_name_without_changes_differs_only_in_case_and_spaces(name):
    wire = to_bacs(name)
    if not wire.changes:
        assert wire.text == " ".join(name.upper().split())


@pytest.mark.parametrize(
    ("name", "text"),
    [("O'Brien & Søn (UK)", "OBrien + Son (UK)"), ("Zoë", "Zoe"), ("a_b", "a b"), ("Straße", "Strasse")],
)
def test_the_iso_set_keeps_the_case_and_has_no_ampersand(name, text):
    assert to_iso20022(name).text == text


def test_the_characters_outside_a_set_are_told_once_each():
    assert characters_outside("A,b,ç") == ",bç"
    assert not is_bacs("a")
    assert is_bacs(BACS)


@given(st.text("abcXYZ019.&/- "))
def test_a_plain_name_taken_the_quick_way_is_as_it_is_beside_a_letter_that_is_not_plain(name):
    assert to_bacs(f"{name}-é").text == f"{to_bacs(f'{name}-').text}E"
    assert to_bacs(name).changes == ()
