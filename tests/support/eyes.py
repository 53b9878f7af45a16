"""A reader of pages in a real browser, who notices what a person or a screen reader would stumble over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

WIDE, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
_WIDER = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const far = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > wide + 1);
  const told = (each) => `${each.tagName}.${each.className} to ${each.getBoundingClientRect().right}`;
  return [`the page is ${document.documentElement.scrollWidth} wide`, ...far.slice(0, 5).map(told)];
}"""
_SMALL = """() => [...document.querySelectorAll(
    "button, a.button, summary.button, .top nav a, select, input:not([type=hidden])")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".hidden, .prose"))
  .map((each) => [each, each.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && (box.height < 43.5 || box.width < 43.5))
  .map(([each, box]) => `${each.tagName} ${box.width} x ${box.height}: ${each.textContent.trim().slice(0, 40)}`)"""


class Reader:
    """One window. Whatever the browser complains about while it is open is kept in `complaints`."""

    def __init__(
        self,
        chromium: Browser,
        url: str,
        *,
        cookies: Mapping[str, str] | None = None,
        width: int = 1280,
        height: int = 900,
        language: str = "en",
        scripts: bool = True,
        touch: bool = False,
    ) -> None:
        self.url = url
        self.complaints: list[str] = []
        self._context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            java_script_enabled=scripts,
            has_touch=touch,
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(10_000)
        for name, value in (cookies or {}).items():
            self._context.add_cookies([{"name": name, "value": value, "url": url}])
        self.page: Page = self._context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def close(self) -> None:
        self._context.close()

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        kind = response.headers.get("content-type", "")
        if kind.startswith("text/html") and "default-src 'none'" not in response.headers.get(
            "content-security-policy", ""
        ):
            self.complaints.append(f"no content security policy: {response.url}")

    def barriers(self, *rules: str) -> list[str]:
        """What axe finds on the page by these rules, or by every rule it has, one line each."""
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        found: list[dict[str, Any]] = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for each in found
            for node in each["nodes"]
        ]

    def wider(self) -> list[str]:
        """What makes the page scroll sideways."""
        return self.page.evaluate(_WIDER)

    def small(self) -> list[str]:
        """What is too small for a thumb (WCAG 2.5.5: 44 by 44)."""
        return self.page.evaluate(_SMALL)


def look_at(reader: Reader, path: str, *, but: str = "") -> None:
    """Opens a page wide, on a phone and on a narrow one, light and dark: no barrier, no sideways scroll, no complaint.

    A complaint that contains `but` is what the page is about.
    """
    page = reader.open(path)
    found: list[str] = []
    for width, height in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        found += [f"{width} light {each}" for each in reader.barriers()]
        # Light and dark differ in colours and in nothing else.
        page.emulate_media(color_scheme="dark")
        found += [f"{width} dark {each}" for each in reader.barriers("color-contrast")]
    for width, height in (WIDE, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {each}" for each in reader.wider()]
    found += [f"too small: {each}" for each in reader.small()]
    found += [each for each in reader.complaints if not but or but not in each]
    reader.complaints.clear()
    assert not found, "\n".join(found)
