"""A person at a browser: reads headings, tables and errors, and sends forms as they stand on the page."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class Page:
    """An answer as a person sees it."""

    response: TestResponse

    def __post_init__(self) -> None:
        # as a browser does: an answer may be made while it is read
        self.response.get_data()

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.response.get_data(as_text=True), "html.parser")

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def title(self) -> str:
        return text_of(self.soup.title)

    @property
    def h1(self) -> str:
        return text_of(self.soup.h1)

    @property
    def text(self) -> str:
        return text_of(self.soup.main)

    @property
    def errors(self) -> list[str]:
        """What the error summary says."""
        return [text_of(item) for item in self.soup.select(".govuk-error-summary li")]

    @property
    def done(self) -> list[str]:
        """What the banners say."""
        return [text_of(item) for item in self.soup.select(".govuk-notification-banner__content")]

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers side by side, by what they count."""
        return {text_of(n.dt): text_of(n.dd) for n in self.soup.select(".app-number")}

    @property
    def steps(self) -> dict[str, str]:
        """The task list, or the timeline: each step's name and status."""
        timeline = {
            text_of(item.select_one(".app-timeline__name")): text_of(item.select_one(".app-timeline__status"))
            for item in self.soup.select(".app-timeline__item")
        }
        return timeline | {
            text_of(item.select_one(".govuk-task-list__name-and-hint > *")): text_of(
                item.select_one(".govuk-task-list__status")
            )
            for item in self.soup.select(".govuk-task-list__item")
        }

    def table(self, id: str) -> list[list[str]]:
        """The rows of the table whose caption has the id."""
        caption = self.soup.find("caption", id=id)
        assert isinstance(caption, Tag), f"no table {id} on {self.h1!r}"
        rows = caption.find_parent("table").select("tbody tr")  # type: ignore[union-attr]
        return [[text_of(cell) for cell in row.find_all(["th", "td"])] for row in rows]

    def link(self, words: str) -> str:
        """Where a link or a button that looks like one leads."""
        found = next((a for a in self.soup.find_all("a") if words in text_of(a)), None)
        assert found is not None, f"no link {words!r} on {self.h1!r}"
        return str(found["href"])

    def has_button(self, words: str) -> bool:
        return any(words in text_of(b) for b in self.soup.find_all("button"))


def text_of(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ").split()) if tag else ""


@dataclass
class Visitor:
    """Someone at a browser with their own cookies."""

    client: FlaskClient
    page: Page | None = None
    # the next one-time code of whoever is signed in
    code: Callable[[], str] = str

    def get(self, path: str) -> Page:
        """Follow a link, and whatever it redirects to."""
        self.page = Page(self.client.get(path, follow_redirects=True))
        return self.page

    def press(self, button: str, **filled: Any) -> Page:
        """Fill the form that has the button and send it; follow what it redirects to."""
        self.page = Page(self.send(button, follow_redirects=True, **filled))
        return self.page

    def send(self, button: str, *, follow_redirects: bool = False, **filled: Any) -> TestResponse:
        """Send the form that has the button, with all its hidden and filled-in fields."""
        assert self.page is not None
        for form in self.page.soup.find_all("form"):
            if any(button in text_of(pressed) for pressed in form.find_all("button")):
                break
        else:
            raise AssertionError(f"no button {button!r} on {self.page.h1!r}")
        action = form.get("action") or self.page.response.request.path
        return self.client.post(
            action, data={**values_of(form), **filled}, follow_redirects=follow_redirects, buffered=True
        )


def values_of(form: Tag) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    values: dict[str, Any] = {}
    for control in form.select("input, textarea, select"):
        name, kind = control.get("name"), control.get("type", "text")
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            values[str(name)] = chosen["value"]
            continue
        if (
            not name
            or kind in ("submit", "file")
            or (kind in ("radio", "checkbox") and not control.has_attr("checked"))
        ):
            continue
        value = control.get_text() if control.name == "textarea" else control.get("value", "")
        # a date is three inputs of one name
        several = control.get("inputmode") == "numeric" or name in values
        values[str(name)] = [*as_list(values.get(str(name), [])), value] if several else value
    return values


def as_list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def csv_upload(content: bytes, name: str = "register.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name
