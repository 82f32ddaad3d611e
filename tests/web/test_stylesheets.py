import pytest

from payouts.web.stylesheets import css_colour
from schemes.colour import text_on


@pytest.mark.parametrize(
    ("colour", "text"),
    [("ffffff", "0b0c0c"), ("ffdd00", "0b0c0c"), ("000000", "ffffff"), ("005e5d", "ffffff"), ("1d70b8", "ffffff")],
)
def test_a_body_s_name_can_be_read_on_its_colour(colour, text):
    assert text_on(colour) == text


@pytest.mark.parametrize(
    ("stored", "served"), [("#005E5D", "005e5d"), ("005e5d", "005e5d"), ("teal", "1d4f6e"), ("#fff}*{", "1d4f6e")]
)
def test_only_six_digits_of_a_colour_ever_reach_a_stylesheet(stored, served):
    assert css_colour(stored) == served


def test_what_pages_need_comes_by_the_smallest_copy_that_the_browser_reads(visitor):
    sent = {}
    for taken in ("", "gzip", "gzip, deflate, br"):
        answer = visitor.client.get("/assets/x/payouts.css", headers={"Accept-Encoding": taken})
        assert (answer.mimetype, "Accept-Encoding" in answer.vary) == ("text/css", True)
        sent[answer.content_encoding] = len(answer.data)
    assert sent["br"] < sent["gzip"] < sent[None]
