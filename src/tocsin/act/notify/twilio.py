"""How is Twilio spoken to? One account for texts and calls: requests, errors, and calls that it signed.

Requests are forms with basic authentication (twilio.com/docs/usage/requests-to-twilio): by an API key where one is
set, else by the auth token. An error is a JSON object with a `code` (twilio.com/docs/api/errors); a few codes mean
“not now” although their status is 400. Twilio's own calls carry `X-Twilio-Signature`, base64 of HMAC-SHA-1 with the
auth token over the address and the sorted fields of the form (twilio.com/docs/usage/webhooks/webhooks-security).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, revealed, text
from tocsin.act.notify.channel import Call, ChannelSettings, DeliveryFailed, Unproven
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.ground.kernel.outbound import Answer, Outbound
from tocsin.ground.kernel.secret import Secret

_NOT_NOW = {"20429", "14107", "21611", "30001", "30022", "10004", "20500", "20503"}
"""Too many requests, messages or calls at once, a full queue, an inner error: each passes by itself."""
_MOST_FIELDS = 200


class TwilioSettings(ChannelSettings):
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-zA-Z]{32}$", description="The account: AC….")]
    auth_token: Annotated[
        Secret | None,
        Field(description="Its auth token: by it Twilio signs its calls. Without it no reply is heard."),
    ] = None
    api_key: Annotated[str | None, Field(description="An API key (SK…), instead of the token.")] = None
    api_secret: Annotated[Secret | None, Field(description="The secret of the API key.")] = None
    api_url: Annotated[str, Field(description="Where the API is.")] = "https://api.twilio.com"


def create(outbound: Outbound, settings: TwilioSettings, resource: str, form: Mapping[str, str]) -> str:
    """Makes a resource of the account, `Messages` or `Calls`; returns its SID. Raises DeliveryFailed."""
    conversation = Conversation(outbound)
    path = f"/2010-04-01/Accounts/{quote(settings.account_sid, safe='')}/{resource}.json"
    answer = conversation.accepted(
        "POST",
        settings.api_url.rstrip("/") + path,
        headers={
            "authorization": _authorization(settings),
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        },
        content=urlencode(form, encoding="utf-8", errors="replace").encode("ascii"),
        words=_words,
        permanent=lambda answer: False if text(fields(answer).get("code")) in _NOT_NOW else None,
    )
    return text(fields(answer).get("sid"))


def proven(call: Call, settings: TwilioSettings) -> Mapping[str, str]:
    """The fields of a call that Twilio signed. Raises Unproven for any other, Malformed when it is no form."""
    try:
        token = settings.auth_token.reveal() if settings.auth_token is not None else ""
    except Invalid:
        token = ""
    if not token:
        raise Unproven(
            "Without the auth token nobody can tell whether Twilio is calling.",
            fix="Set auth_token of this channel.",
        )
    try:
        pairs = parse_qsl(
            call.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise Malformed("The body is not a form.") from None
    expected = signature(token, call.url, pairs)
    given = call.headers.get("x-twilio-signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise Unproven(
            "The signature is not Twilio's.",
            fix="Check auth_token, and that public_url is what Twilio calls.",
        )
    return dict(pairs)


def signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """The value of `X-Twilio-Signature`; a name that comes twice counts once for each different value."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode("ascii")


def below(callback: str, rest: str, **query: str) -> str:
    """An address below the one where Twilio reaches the channel; empty while that is not known."""
    if not callback:
        return ""
    return f"{callback.rstrip('/')}/{rest}" + (f"?{urlencode(query)}" if query else "")


def twiml(*elements: str) -> bytes:
    """An answer in Twilio's markup."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(elements)}</Response>'.encode()


def _authorization(settings: TwilioSettings) -> str:
    if settings.api_key is not None and settings.api_secret is not None:
        user, secret = settings.api_key, settings.api_secret
    elif settings.auth_token is not None:
        user, secret = settings.account_sid, settings.auth_token
    else:
        raise DeliveryFailed("Neither auth_token nor api_key and api_secret are set.", permanent=True)
    plain = f"{user}:{revealed(secret)}".encode()
    return f"Basic {base64.b64encode(plain).decode('ascii')}"


def _words(answer: Answer) -> str:
    said = fields(answer)
    code, message = text(said.get("code")), text(said.get("message"))
    return f"{message} (code {code})" if code else message
