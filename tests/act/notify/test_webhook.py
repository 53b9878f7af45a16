"""A webhook per Standard Webhooks: what is posted, how it is signed, which answers are worth another try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from email.utils import formatdate

import pytest

from tocsin.act.notify import DeliveryFailed, Message
from tocsin.act.notify.channels.webhook import Webhook, WebhookSettings, sign
from tocsin.ground.kernel.outbound import Outbound

PAGE = Message(
    kind="page", subject="[P0] 商店", lines=("Service: Shop",), severity="P0", incident="INC-2026-0001"
)


def channel(outbound: Outbound, **settings: object) -> Webhook:
    return Webhook(WebhookSettings.model_validate(settings), outbound)


def test_it_posts_the_message_as_json(receiver, outbound: Outbound):
    channel(outbound).send(PAGE, f"{receiver.url}/mei", "esc_1/1/1/mei/hook")

    [request] = receiver.requests
    body = json.loads(request.body)
    assert request.path == "/mei"
    assert request.headers["webhook-id"] == "esc_1/1/1/mei/hook"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    assert body["type"] == "tocsin.page"
    assert body["data"]["subject"] == "[P0] 商店"
    assert body["data"]["incident"] == "INC-2026-0001"
    assert "webhook-signature" not in request.headers


@pytest.mark.parametrize(
    "secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "plain and simple", "whsec_not base64"]
)
def test_the_signature_can_be_checked_by_the_receiver(
    receiver, outbound: Outbound, monkeypatch: pytest.MonkeyPatch, secret: str
):
    monkeypatch.setenv("HOOK_SECRET", secret)
    channel(outbound, secret="env:HOOK_SECRET", headers={"X-Team": "env:HOOK_SECRET"}).send(
        PAGE, f"{receiver.url}/", "key"
    )
    [request] = receiver.requests
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_M") else secret.encode()
    signed = f"key.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["x-team"] == secret


def test_the_signature_is_that_of_the_published_example():
    # standard-webhooks/spec: the reference libraries' own test vector
    body = b'{"test": 2432232314}'
    assert sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body
    ) == ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")


def test_the_address_is_the_channels_or_the_persons(outbound: Outbound, configure):
    people = configure().people
    assert channel(outbound).address(people["ana"]) is None
    assert channel(outbound).address(people["mei"]).endswith("/mei")
    assert (
        channel(outbound, url="https://hooks.example.com/x").address(people["ana"])
        == "https://hooks.example.com/x"
    )
    assert channel(outbound).receiver("https://hooks.example.com:8443/x") == "hooks.example.com:8443"


ANSWERS = [
    # status, headers, permanent, retry after
    (200, {}, None, None),
    (204, {}, None, None),
    (299, {}, None, None),
    (301, {"Location": "http://127.0.0.1/"}, True, None),
    (307, {"Location": "http://127.0.0.1/"}, True, None),
    (400, {}, True, None),
    (401, {}, True, None),
    (404, {}, True, None),
    (410, {}, True, None),
    (408, {}, False, None),
    (425, {}, False, None),
    (429, {"Retry-After": "3600"}, False, 3600.0),
    (429, {"Retry-After": "99999999999999999999"}, False, 86400.0),
    (429, {"Retry-After": "-5"}, False, None),
    (429, {"Retry-After": "soon"}, False, None),
    (429, {"Retry-After": "٣"}, False, None),
    (429, {"Retry-After": ""}, False, None),
    (500, {}, False, None),
    (502, {}, False, None),
    (503, {"Retry-After": "7"}, False, 7.0),
    (503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, False, None),
    (503, {"Retry-After": "Sun, 99 Nov 9999 08:49:37 GMT"}, False, None),
    (504, {}, False, None),
]


@pytest.mark.parametrize(("status", "headers", "permanent", "retry_after"), ANSWERS)
def test_an_answer_says_whether_another_try_may_help(
    receiver,
    outbound: Outbound,
    status: int,
    headers: dict[str, str],
    permanent: bool | None,
    retry_after: float | None,
):
    def reply(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.wfile.write(b"")
            handler._headers_buffer.append(f"{name}: {value}\r\n".encode())
        handler.send_header("Connection", "close")
        handler.end_headers()

    receiver.replies["/"] = [reply]
    if permanent is None:
        channel(outbound).send(PAGE, f"{receiver.url}/", "key")
        return
    with pytest.raises(DeliveryFailed, match=str(status)) as failed:
        channel(outbound).send(PAGE, f"{receiver.url}/", "key")
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, retry_after)
    assert len(receiver.requests) == 1


def test_a_date_in_retry_after_is_counted_from_now(receiver, outbound: Outbound):
    receiver.replies["/"] = [(503, {"Retry-After": formatdate(time.time() + 30, usegmt=True)}, b"")]
    with pytest.raises(DeliveryFailed) as failed:
        channel(outbound).send(PAGE, f"{receiver.url}/", "key")
    assert 25 < failed.value.retry_after <= 30


def test_a_secret_that_is_not_set_is_said_by_its_name(receiver, outbound: Outbound):
    with pytest.raises(DeliveryFailed, match="NO_SUCH_SECRET") as failed:
        channel(outbound, secret="env:NO_SUCH_SECRET").send(PAGE, f"{receiver.url}/", "key")
    assert failed.value.permanent
    assert not receiver.requests


def test_a_host_of_cloud_metadata_is_refused_for_good(outbound: Outbound):
    with pytest.raises(DeliveryFailed) as failed:
        channel(outbound).send(PAGE, "http://169.254.169.254/latest", "key")
    assert failed.value.permanent


def test_while_a_secret_changes_each_request_has_both_signatures(
    receiver, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLD", "the old secret")
    monkeypatch.setenv("NEW", "the new secret")
    channel(outbound, secret="env:OLD", next_secret="env:NEW").send(PAGE, f"{receiver.url}/", "key")
    [request] = receiver.requests
    stamp = int(request.headers["webhook-timestamp"])
    assert request.headers["webhook-signature"].split(" ") == [
        sign(secret, "key", stamp, request.body) for secret in ("the old secret", "the new secret")
    ]


def test_an_address_that_is_a_secret_is_used_but_not_told(
    receiver, outbound: Outbound, configure, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOOK_URL", f"{receiver.url}/T0KEN")
    hook = channel(outbound, url="env:HOOK_URL")
    address = hook.address(configure().people["ana"])
    assert "T0KEN" not in address
    hook.send(PAGE, address, "key")
    assert [request.path for request in receiver.requests] == ["/T0KEN"]
