"""Writes into a group of DingTalk, by a custom robot (open.dingtalk.com/document/robots/custom-robot-access).

Add a custom robot to the group; `url` is its webhook. Under security settings choose signing and give the key as
`secret` (SEC…), or choose the keyword `Tocsin`, which is part of every message. Who is paged is called by their mobile
number: `addresses: {dingtalk: "13800000000"}`, else their `phone`. A message that calls nobody is a card with buttons.

DingTalk answers 200 also when it refuses: `errcode` decides. A wrong signature, keyword or address and a removed robot
are final; too many messages (20 a minute) and a busy system are tried again. DingTalk drops no repetition.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, refused, revealed, text
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.fitting import utf8
from tocsin.act.notify.markdown import block
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.rooms import host_of
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import Secret

_OPEN_INCIDENT = N_("Open the incident")
_LONGEST = 18_000  # bytes of the 20,000 that a whole message may have
_TITLE = 200
_BUSY = {"-1", "90018", "130101", "410100"}
_LEFT_ALONE_S = 60.0
"""After too many messages the robot is silenced for a while; DingTalk tells it as `wait` at best."""
_TWINS = str.maketrans("\\`*_[]()<>#!|~-", "＼｀＊＿［］（）＜＞＃！｜～－")


class DingtalkSettings(ChannelSettings):
    url: Annotated[
        Secret, Field(description="The webhook with its access_token, as a reference: it is a key.")
    ]
    secret: Annotated[Secret | None, Field(description="The key of the robot's signing: SEC….")] = None


class Dingtalk(Channel[DingtalkSettings]):
    title = "DingTalk"
    Settings = DingtalkSettings
    examples = ({"url": "env:DINGTALK_WEBHOOK", "secret": "env:DINGTALK_SECRET"},)
    width = 1

    @property
    def room(self) -> str | None:
        return host_of(self.settings.url, self.kind)

    def mention(self, person: Reachable) -> str:
        mobile = person.addresses.get(self.kind) or (person.phone or "").removeprefix("+86-").removeprefix(
            "+86"
        )
        return f"@{mobile}" if mobile else _escape(one_line(person.name))

    def send(self, message: Message, address: str, key: str) -> str | None:
        url = revealed(self.settings.url)
        if self.settings.secret is not None:
            stamp = str(round(time.time() * 1000))
            signed = {"timestamp": stamp, "sign": sign(revealed(self.settings.secret), stamp)}
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(signed)}"
        answer = Conversation(self.outbound).accepted("POST", url, json=_body(message), words=_words)
        code = text(fields(answer).get("errcode"))
        if code != "0":
            wait = fields(answer).get("wait")
            raise refused(
                answer,
                address,
                words=_words(answer) or "no errcode",
                permanent=code not in _BUSY,
                after=float(wait)
                if isinstance(wait, int) and wait > 0
                else _LEFT_ALONE_S
                if code in _BUSY
                else None,
            )
        return None


def sign(secret: str, stamp: str) -> str:
    """The parameter `sign`: HMAC-SHA-256 with the key over the time in milliseconds and the key."""
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode("ascii")


def _body(message: Message) -> dict[str, Any]:
    subject = block([one_line(message.subject)], _TITLE * 3, size=utf8, line=_escape) or "–"
    links = [(message.link_label or message.link, message.link)] if message.link else []
    if message.page_link and message.page_link != message.link:
        links.append((translate(message.language, _OPEN_INCIDENT), message.page_link))
    # Two blanks at the end of a line are the only break that every client of DingTalk shows.
    lines = block(message.shown, _LONGEST, size=utf8, line=lambda each: f"{_escape(each)}  ")
    called = [each[1:] for each in message.mentions if each.startswith("@") and _is_mobile(each[1:])]
    text = f"### {subject}\n\n{lines}\n\nTocsin"
    if not called and not message.everyone and not message.mentions:
        buttons = [{"title": _escape(label), "actionURL": link} for label, link in links]
        if buttons:
            card = {"title": subject, "text": text, "btnOrientation": "1", "btns": buttons}
            return {"msgtype": "actionCard", "actionCard": card}
    pressed = "\n\n".join(f"[{_escape(label)}]({quote(link, safe=':/?&=#%.-_~')})" for label, link in links)
    whole = "\n\n".join(filter(None, [text, " ".join(message.mentions), pressed]))
    return {
        "msgtype": "markdown",
        "markdown": {"title": subject, "text": whole},
        "at": {"atMobiles": called, "isAtAll": message.everyone},
    }


def _escape(line: str) -> str:
    """DingTalk's Markdown knows no escape: its marks become their full-width twins."""
    return line.translate(_TWINS).replace("@", "＠")


def _is_mobile(text: str) -> bool:
    return text.removeprefix("+").replace("-", "").isdigit()


def _words(answer: Answer) -> str:
    said = fields(answer)
    code, words = text(said.get("errcode")), text(said.get("errmsg"))
    return f"{words} (errcode {code})" if code else words
