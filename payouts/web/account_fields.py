"""The fields of a whole UK account, as the GOV.UK pattern for bank details asks for them."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from wtforms import StringField
from wtforms.validators import InputRequired, Length


def sort_code_field() -> StringField:
    return StringField(
        "Sort code",
        description="Must be 6 digits long",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the sort code"), Length(max=20, message="Enter a sort code of 6 digits")],
    )


def account_number_field() -> StringField:
    return StringField(
        "Account number",
        description="Must be between 6 and 8 digits long",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the account number"),
            Length(max=20, message="Enter an account number of 6 to 8 digits"),
        ],
    )
