"""Somebody who uses the site as a browser does, over HTTP: opens pages, fills forms in, follows where they lead."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

# a day is typed into three inputs of one name
Typed = str | list[str]


class PageRefused(Exception):
    """The site said no: its status, and the errors that the page shows."""

    def __init__(self, url: str, status: int, errors: list[str]) -> None:
        super().__init__(f"{url} answered {status}: {'; '.join(errors) or 'no error was shown'}")
        self.status = status
        self.errors = errors


@dataclass
class Form:
    """A form of a page, with the values that it already has."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Gathers a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.open = Form(values.get("action") or "", (values.get("method") or "get").lower())
            self.found.append(self.open)
        elif self.open is not None and tag in ("input", "textarea", "select") and values.get("name"):
            name, kind = str(values["name"]), values.get("type") or "text"
            self.open.fields.add(name)
            if kind in ("submit", "file") or (kind in ("radio", "checkbox") and "checked" not in values):
                return
            self.open.values.append((name, values.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


@dataclass(frozen=True)
class Page:
    """A page as it was answered."""

    url: str
    text: str

    def form(self, *, to: str = "", having: str = "") -> Form:
        """The form that leads to an address ending so, or that has a field of this name. Raises LookupError."""
        forms = Forms()
        forms.feed(self.text)
        for found in forms.found:
            if (to and found.action.endswith(to)) or (having and having in found.fields):
                return found
        raise LookupError(f"{self.url} has no form to {to!r} with {having!r}")

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""

    def links(self, pattern: str) -> list[str]:
        """The addresses of links that match a pattern, each once."""
        return list(dict.fromkeys(html.unescape(link) for link in re.findall(rf'href="({pattern})"', self.text)))


class Visitor:
    """A browser of one person."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.http = requests.Session()

    def get(self, address: str) -> Page:
        return self.answered(self.http.get(urljoin(self.base_url, address), timeout=60))

    def json(self, address: str) -> dict[str, Any]:
        answer = self.http.get(urljoin(self.base_url, address), timeout=60)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def send(self, page: Page, form: Form, *, files: dict[str, Any] | None = None, **values: Typed) -> Page:
        """Fill a form in and send it; the page that it leads to. Raises PageRefused with the page's own errors."""
        return self.answered(self.post(page, form, files=files, **values))

    def post(
        self, page: Page, form: Form, *, files: dict[str, Any] | None = None, **values: Typed
    ) -> requests.Response:
        filled = [(name, value) for name, value in form.values if name not in values]
        return self.http.post(urljoin(page.url, form.action), data=[*filled, *values.items()], files=files, timeout=300)

    def answered(self, answer: requests.Response) -> Page:
        if answer.status_code >= 400:
            summary = re.search(r"govuk-error-summary__list.*?</ul>", answer.text, re.DOTALL)
            items = re.findall(r"<li>(.*?)</li>", summary[0], re.DOTALL) if summary else []
            errors = [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in items]
            raise PageRefused(answer.url, answer.status_code, errors)
        return Page(answer.url, answer.text)

    def sign_in(self, email: str, password: str, code: str) -> Page:
        page = self.get("/sign-in")
        return self.send(page, page.form(having="password"), email=email, password=password, code=code)
