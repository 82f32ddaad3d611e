"""Looks at pages with axe: each kind of page once in a test process, since most of what axe does is the same again."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The page as axe sees it, without its words: which elements stand at which depth, with which attributes, which are
# empty, and how wide the window is. More rows like the rows before make no other page.
OUTLINE = """() => {
    const depth = (element) => element.parentElement ? 1 + depth(element.parentElement) : 0;
    const TOLD = ["class", "role", "type", "lang", "aria-hidden", "aria-expanded"];
    const attributes = (element) =>
        Array.from(element.attributes, ({name, value}) => TOLD.includes(name) ? `${name}=${value}` : name).sort();
    const words = (element) => (element.textContent.trim() ? "" : "empty");
    const told = (element) => [depth(element), element.localName, ...attributes(element), words(element)].join(" ");
    return [window.innerWidth, ...new Set(Array.from(document.querySelectorAll("*"), told))].join("\\n");
}"""

without_violations: set[str] = set()


def violations_on(page: Page) -> list[tuple[str, list[str]]]:
    """The rules that the page breaks, each with the elements: none where a page of this outline broke none."""
    outline = page.evaluate(OUTLINE)
    if outline in without_violations:
        return []
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    if not violations:
        without_violations.add(outline)
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations]
