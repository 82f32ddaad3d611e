"""The column tables: they check themselves, and lay values out or refuse them."""

import pytest

from bacs.errors import FieldReason, FieldRefused, FieldTooLong, NotInCharacterSet
from bacs.standard18 import layout as tables
from bacs.standard18.layout import DIGITS, NUMBER, TEXT, Field, Layout, fixed, spaces

LAYOUTS = [value for value in vars(tables).values() if isinstance(value, Layout)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.name}-{layout.length}")
def test_a_records_fields_fill_it_from_the_first_position_to_the_last(layout):
    assert sum(field.width for field in layout.fields) == layout.length


@pytest.mark.parametrize(
    "fields",
    [
        (Field("a", 1, 2, DIGITS), Field("b", 4, 5, DIGITS)),
        (Field("a", 1, 3, DIGITS), Field("b", 3, 5, DIGITS)),
        (Field("a", 1, 2, DIGITS), Field("b", 3, 4, DIGITS)),
        (Field("a", 2, 5, DIGITS),),
        (Field("a", 1, 2, DIGITS), Field("a", 3, 5, DIGITS)),
        (),
    ],
)
def test_a_table_with_a_gap_an_overlap_or_a_missing_end_is_no_layout(fields):
    with pytest.raises(ValueError, match="wrong"):
        Layout("wrong", 5, fields)


def test_a_constant_that_does_not_fill_its_field_is_no_field():
    with pytest.raises(ValueError, match="label"):
        Field("label", 1, 4, fixed("other", 1, 3, "VOL").kind)


@pytest.mark.parametrize(
    ("field", "value", "laid_out"),
    [
        (Field("amount", 1, 11, NUMBER), "12550", "00000012550"),
        (Field("name", 1, 18, TEXT), "A N OTHER", "A N OTHER         "),
        (Field("name", 1, 18, TEXT), "", " " * 18),
        (Field("sort_code", 1, 6, DIGITS), "202959", "202959"),
        (spaces("reserved", 1, 3), "", "   "),
    ],
)
def test_a_value_is_laid_out_over_the_whole_field(field, value, laid_out):
    assert field.put(value) == laid_out


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        (Field("amount_pence", 1, 3, NUMBER), "1000", FieldTooLong),
        (Field("amount_pence", 1, 3, NUMBER), "-1", FieldRefused),
        (Field("amount_pence", 1, 3, NUMBER), "", FieldRefused),
        (Field("name", 1, 3, TEXT), "ABCD", FieldTooLong),
        (Field("name", 1, 3, TEXT), "A,B", NotInCharacterSet),
        (Field("name", 1, 3, TEXT), "abc", NotInCharacterSet),
        (Field("name", 1, 3, TEXT), " AB", FieldRefused),
        (Field("sort_code", 1, 6, DIGITS), "20295", FieldRefused),
        (Field("sort_code", 1, 6, DIGITS), "２０２９５９", FieldRefused),
        (tables.VOL1["serial_number"], "000000", FieldRefused),
        (tables.VOL1["label"], "VOL2", FieldRefused),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused_and_names_the_field(field, value, error):
    with pytest.raises(error) as refused:
        field.put(value)
    assert refused.value.field == field.name
    assert field.name in str(refused.value)


def test_the_characters_outside_the_set_are_named():
    with pytest.raises(NotInCharacterSet) as refused:
        tables.DATA_SPD["reference"].put("A,B'C,")
    assert refused.value.characters == ",'"


def test_a_short_sort_code_is_refused_and_never_filled_up():
    with pytest.raises(FieldRefused) as refused:
        tables.DATA_SPD["destination_sort_code"].put("12345")
    assert refused.value.reason is FieldReason.WRONG_LENGTH


def test_a_value_for_a_field_that_the_record_lacks_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError, match="colour"):
        tables.VOL1.put({"colour": "blue"})
