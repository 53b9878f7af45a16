"""A browser without JavaScript that walks through the pages as a person does."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from burning import PASSWORD

__all__ = ["Browser", "Form", "Shown"]
# Where one of these begins or ends, a browser begins a new line: words on its two sides are not one word.
_LINES = {
    *(
        "br",
        "p",
        "div",
        "section",
        "article",
        "header",
        "nav",
        "main",
        "pre",
        "h1",
        "h2",
        "h3",
        "details",
        "summary",
    ),
    *("li", "ol", "ul", "dl", "dt", "dd", "table", "tr", "td", "th", "dialog"),
    *("form", "label", "fieldset", "legend", "select", "option", "button", "textarea"),
}


@dataclass
class Form:
    """A form as the page offers it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # label, name, value
    boxes: dict[str, str] = field(default_factory=dict)  # what may be ticked; a field once it is


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._link: str | None = None
        self._words: list[str] = []
        self._select: str | None = None
        self._area: str | None = None
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag in _LINES:
            self.text.append("\n")
        if "id" in given:
            self.ids.append(given["id"])
        match tag:
            case "form":
                self._form = Form(action=given.get("action", ""), method=given.get("method", "get"))
                self.forms.append(self._form)
            case "input" if self._form and given.get("name") and given.get("type") == "checkbox":
                self._form.boxes[given["name"]] = given.get("value", "on")
                if "checked" in given:
                    self._form.fields[given["name"]] = given.get("value", "on")
            case "input" if self._form and given.get("name"):
                self._form.fields[given["name"]] = given.get("value", "")
            case "select" if self._form:
                self._select = given["name"]
            case "option" if self._form and self._select:
                if "selected" in given or self._select not in self._form.fields:
                    self._form.fields[self._select] = given.get("value", "")
            case "textarea" if self._form:
                self._area, self._words = given["name"], []
            case "button":
                self._button, self._words = (given.get("name", ""), given.get("value", "")), []
            case "a":
                self._link, self._words = given.get("href", ""), []
            case "script" | "style" | "title":
                self._quiet += 1
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        words = " ".join("".join(self._words).split())
        if tag in _LINES:
            self.text.append("\n")
        match tag:
            case "form":
                self._form = None
            case "select":
                self._select = None
            case "textarea" if self._form and self._area:
                self._form.fields[self._area] = "".join(self._words)
                self._area = None
            case "button" if self._button:
                if self._form:
                    self._form.buttons.append((words, *self._button))
                self._button = None
            case "a" if self._link is not None:
                self.links.append((words, self._link))
                self._link = None
            case "script" | "style" | "title":
                self._quiet -= 1
            case _:
                pass

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if not self._quiet:
            self.text.append(data)


class Shown:
    """A page as it came."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.text
        self.path = str(answer.request.url).removeprefix("http://tocsin")
        reader = _Reader()
        if answer.headers.get("content-type", "").startswith("text/html"):
            reader.feed(self.html)
        self.forms, self.links, self.ids = reader.forms, reader.links, reader.ids
        self.elements = reader.elements  # each tag with its attributes, as a browser parses them
        self.text = " ".join("".join(reader.text).split())

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html, re.DOTALL)
        return unescape(found[1]) if found else ""

    def buttons(self) -> list[str]:
        return [label for form in self.forms for label, _, _ in form.buttons]


class Browser:
    """Opens pages, follows redirects, keeps cookies, presses buttons: and runs no script at all."""

    def __init__(self, asgi: Any, *, address: str = "192.0.2.7", language: str = "en") -> None:
        self.asgi = asgi
        self.cookies = httpx.Cookies()
        self.address = address
        self.language = language
        self.page: Shown

    def send(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> Shown:
        """One request, redirects not followed. A cookie that a test has set stands where the server's would."""
        for cookie in [each for each in self.cookies.jar if not each.domain]:
            self.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
            self.cookies.set(cookie.name, cookie.value or "", domain="tocsin.local")
        sent = {
            "accept-language": self.language,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        body = None
        if form is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded")
            body = urlencode(form).encode()

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(
                self.asgi, raise_app_exceptions=False, client=(self.address, 50_000)
            )
            async with httpx.AsyncClient(
                transport=transport, base_url="http://tocsin", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, content=body, headers=sent)
                self.cookies = client.cookies
                return answer

        return Shown(asyncio.run(ask()))

    def open(self, path: str, **headers: str) -> Shown:
        self.page = self._follow(self.send("GET", path, **headers))
        return self.page

    def press(self, button: str, **fields: str) -> Shown:
        """Fills in a form of the page and presses its button. A form that does not have a field is not the one."""
        for form in self.page.forms:
            for label, name, value in form.buttons:
                if label == button and fields.keys() <= form.fields.keys() | form.boxes.keys():
                    filled = {**form.fields, **fields, **({name: value} if name else {})}
                    target = urljoin(self.page.path, form.action)
                    if form.method.lower() == "get":
                        return self.open(f"{urlsplit(target).path}?{urlencode(filled)}")
                    sent = self.send(
                        "POST", target, filled, origin="http://tocsin", sec_fetch_site="same-origin"
                    )
                    self.page = self._follow(sent)
                    return self.page
        raise AssertionError(f"no button {button!r} with {sorted(fields)} among {self.page.buttons()}")

    def click(self, link: str) -> Shown:
        for label, href in self.page.links:
            if label == link:
                return self.open(urljoin(self.page.path, href.partition("#")[0]))
        raise AssertionError(f"no link {link!r} among {[label for label, _ in self.page.links]}")

    def sign_in(self, name: str, password: str = PASSWORD) -> Browser:
        self.open("/sign-in")
        self.press("Sign in" if self.language == "en" else "登入", name=name, password=password)
        return self

    def _follow(self, shown: Shown) -> Shown:
        for _ in range(5):
            target = shown.answer.headers.get("location")
            if shown.status not in (303, 307) or target is None:
                return shown
            shown = self.send("GET", urljoin(shown.path, target).partition("#")[0])
        raise AssertionError("redirected for ever")
