import pytest
from flask import Flask

from payouts.web.access import PUBLIC, ViewNotMarked, allowed, audience_of, every_view_is_marked, safe_next
from schemes.person import Role


@pytest.mark.parametrize("address", ["/", "/payees?search=a", "/payrolls/1#gates", "/imports/x/../y"])
def test_a_way_back_to_our_own_page_is_followed(address):
    assert safe_next(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "payees",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\tevil",
        "/\n/evil.example",
        "javascript:alert(1)",
    ],
)
def test_a_way_to_anywhere_else_is_not(address):
    assert safe_next(address) is None


def test_an_app_with_a_page_that_nobody_marked_does_not_start():
    app = Flask("app")
    app.add_url_rule("/secret", "pages.secret", lambda: "secret")
    with pytest.raises(ViewNotMarked):
        every_view_is_marked(app)


def test_a_mark_says_who_may_see_a_page():
    app = Flask("app")
    app.add_url_rule("/a", "pages.a", allowed(Role.PREPARER, Role.FINANCE)(lambda: "a"))
    app.add_url_rule("/b", "pages.b", allowed(PUBLIC)(lambda: "b"))
    assert audience_of(app, "pages.a") == {Role.PREPARER, Role.FINANCE}
    assert audience_of(app, "pages.b") == {PUBLIC}


def test_an_empty_mark_is_none():
    app = Flask("app")
    app.add_url_rule("/a", "pages.a", allowed()(lambda: "a"))
    with pytest.raises(ViewNotMarked):
        every_view_is_marked(app)
