"""What does Mei do? She reads the mail on her phone, opens the link, and presses the one button on the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from demo.mailbox import Mail


class NothingToPress(Exception):
    """The page behind the link is not what the mail promised: the message says what was found."""


@dataclass(kw_only=True, slots=True)
class Form:
    """A form of a page, as a browser would send it."""

    method: str
    action: str
    buttons: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = self._on_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(method=given.get("method", "get").lower(), action=given.get("action", "")))
            self._inside = True
        if not self._inside:
            return
        form = self.forms[-1]
        if tag == "button" and given.get("type", "submit") == "submit":
            form.buttons.append("")
            self._on_button = True
        if given.get("name") and tag in ("input", "button"):
            form.values[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._on_button:
            self.forms[-1].buttons[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "button" and self._on_button:
            self._on_button = False
            self.forms[-1].buttons[-1] = " ".join(self.forms[-1].buttons[-1].split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody on call. Has no account and no password at hand: only the mail."""

    name: str
    address: str

    def acknowledge(self, mail: Mail) -> str:
        """Open the link, press the button; returns what the button said. Raises NothingToPress."""
        if mail.link is None:
            raise NothingToPress(f"the mail {mail.subject!r} holds no link")
        with httpx.Client(follow_redirects=True, timeout=10) as phone:
            page = phone.get(mail.link)
            form = _one_form(page)
            answer = phone.request(form.method, page.url.join(form.action), data=form.values)
        if answer.status_code >= 400:
            raise NothingToPress(f"pressing {form.buttons[0]!r} gave status {answer.status_code}")
        return form.buttons[0]


def _one_form(page: httpx.Response) -> Form:
    if page.status_code != 200:
        raise NothingToPress(f"the page behind the link gave status {page.status_code}")
    parser = _Forms()
    parser.feed(page.text)
    # those that lead elsewhere (language, theme) or pass it on are not what the mail promised
    forms = [
        form
        for form in parser.forms
        if form.method == "post" and _leads_to_itself(page, form) and "wish" not in form.values
    ]
    buttons = [button for form in forms for button in form.buttons]
    if len(buttons) != 1:
        raise NothingToPress(f"wanted one form with one button behind the link, found {buttons}")
    return forms[0]


def _leads_to_itself(page: httpx.Response, form: Form) -> bool:
    return page.url.join(form.action).path == page.url.path
