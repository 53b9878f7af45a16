"""What every channel keeps to, each against its provider's published interface (`tests/support/providers/`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provider import Provider, provider_of

from tocsin.act.notify import Channel, DeliveryFailed, Message, answers
from tocsin.act.notify.channel import Call, Unproven
from tocsin.act.notify.channels import email
from tocsin.act.notify.section import kinds, settings_of
from tocsin.ground.kernel.errors import Malformed, NotFound, TocsinError
from tocsin.ground.kernel.outbound import Outbound

CALLBACK = "https://tocsin.example.com/channels/way"
LINK = "https://tocsin.example.com/a/ZGx2XzE.c2lnbmF0dXJlLW9mLWEtcGFnZQ"
PAGE = Message(
    kind="page",
    subject="[P0] Shop is down",
    lines=("Service: Shop", "Measured: availability 0.1"),
    severity="P0",
    incident="INC-2026-0001",
    person="mei",
    link=LINK,
    link_label="Acknowledge",
    page_link="https://tocsin.example.com/incidents/INC-2026-0001",
    delivery="dlv_1",
    code="4821",
    callback=CALLBACK,
)
KEY = "esc_1/1/1/mei/way"
HOSTILE = (
    "x\r\nBcc: evil@example.com\r\n\r\nbody",
    "=?utf-8?q?x=0D=0ABcc:_evil?=",
    "<!channel> <!here> @everyone @here @all @channel <@U1> <@&2>",
    "<img src=x onerror=alert(1)><script>alert(1)</script></b>&amp;",
    "[press](https://evil.example) ![x](https://evil.example/x.png) *b* _i_ `c` ~s~ ||s|| # h",
    "/close\n/assign @root",
    "\x00\x1b[31m\u202eevil\u2066\ud800",
    "</Say><Hangup/><Say>",
    "{{7*7}} ${7*7} {0.__class__} %s%n {noformat} {code}",
    "\r\n",
)
KINDS = sorted(kinds())


@pytest.fixture(params=KINDS)
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider_of(request.param) as server:
        server.kind = request.param
        for name, value in server.secrets.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def channel(provider: Any, outbound: Outbound) -> Channel[Any]:
    return made(provider, outbound)


def made(provider: Any, outbound: Outbound, **changes: Any) -> Channel[Any]:
    values = {"kind": provider.kind, **provider.settings(), **changes}
    return kinds()[provider.kind](settings_of(provider.kind).model_validate(values), outbound)


def address(channel: Channel[Any], provider: Provider) -> str:
    found = channel.room or channel.address(provider.person)
    assert found
    return found


def send(channel: Channel[Any], provider: Provider, message: Message = PAGE, key: str = KEY) -> str | None:
    return channel.send(message, address(channel, provider), key)


# ── the file itself ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_its_examples_are_settings_that_load(kind: str, outbound: Outbound):
    channel = kinds()[kind]
    assert channel.title
    assert channel.examples
    for example in channel.examples:
        made = channel(settings_of(kind).model_validate({"kind": kind, **example}), outbound)
        assert made.kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_says_what_it_is(kind: str):
    for name, field in kinds()[kind].Settings.model_fields.items():
        assert field.description, name


# ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_says_what_is_broken_and_where_to_press(channel: Channel[Any], provider: Provider):
    send(channel, provider)
    [seen] = provider.seen
    assert "Shop is down" in seen.text
    for line in PAGE.lines[: provider.shown_lines]:
        assert line in seen.text
    assert any(link.startswith((LINK, PAGE.page_link, CALLBACK)) for link in seen.links)


def test_a_notice_and_a_test_arrive_too(channel: Channel[Any], provider: Provider):
    notice = replace(PAGE, kind="notice", delivery="dlv_2", code="", link=PAGE.page_link, link_label="Open")
    send(channel, provider, notice, "another")
    send(
        channel, provider, Message(kind="test", subject="A test page", lines=("Nothing is broken.",)), "third"
    )
    assert "Shop is down" in provider.seen[0].text
    assert "A test page" in provider.seen[-1].text


def test_chinese_is_read_as_it_was_written(channel: Channel[Any], provider: Provider):
    page = replace(PAGE, subject="[P0] 商店停止服務", lines=("服務：商店 🛒",), language="zh_Hant")
    send(channel, provider, page)
    [seen] = provider.seen
    assert "商店停止服務" in seen.text
    assert "服務：商店 🛒" in seen.text


@pytest.mark.parametrize("title", HOSTILE)
def test_a_strange_title_stays_one_message_and_calls_nobody(
    channel: Channel[Any], provider: Provider, title: str
):
    send(channel, provider, replace(PAGE, subject=title, lines=(title, f"Service: {title}")))
    [seen] = provider.seen
    assert not seen.called
    assert not [link for link in seen.links if "evil.example" in link]
    if "evil" in title and "http" not in title:
        assert "evil" in seen.text


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_makes_one_message(kind: str, text: str):
    with provider_of(kind) as provider, pytest.MonkeyPatch.context() as environment:
        for name, value in provider.secrets.items():
            environment.setenv(name, value)
        provider.kind = kind
        client = Outbound()
        try:
            channel = made(provider, client)
            send(channel, provider, replace(PAGE, subject=text, lines=(text, text)))
        finally:
            client.close()
        assert len(provider.seen) == 1
        assert not provider.seen[0].called


def test_a_message_that_is_too_long_is_cut_and_keeps_its_link(channel: Channel[Any], provider: Provider):
    lines = tuple(f"{number}: {'很長的一行 <&*_' * 100}" for number in range(200))
    send(channel, provider, replace(PAGE, subject="S" * 500, lines=lines))
    [seen] = provider.seen
    assert not provider.limited or "…" in seen.text or "..." in seen.text
    assert any(link.startswith((LINK, PAGE.page_link, CALLBACK)) for link in seen.links)


def test_every_attempt_at_one_message_has_the_same_name(channel: Channel[Any], provider: Provider):
    send(channel, provider)
    send(channel, provider)
    names = {seen.key for seen in provider.seen}
    assert len(names) == 1
    send(channel, provider, replace(PAGE, delivery="dlv_9"), "another")
    if names != {None}:
        assert provider.seen[-1].key not in names


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413])
def test_a_refusal_is_final(channel: Channel[Any], provider: Provider, status: int):
    provider.refuse(status)
    with pytest.raises(DeliveryFailed) as failed:
        send(channel, provider)
    assert failed.value.permanent
    assert not provider.seen


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_is_tried_again_when_it_was_asked_to(channel: Channel[Any], provider: Provider, status: int):
    provider.refuse(status, {"Retry-After": "7"})
    with pytest.raises(DeliveryFailed) as failed:
        send(channel, provider)
    assert not failed.value.permanent
    if provider.asks_to_wait:
        assert failed.value.retry_after == 7


def test_silence_ends_with_the_deadline(
    channel: Channel[Any], provider: Provider, monkeypatch: pytest.MonkeyPatch
):
    for module in (answers, email):
        monkeypatch.setattr(module, "DEADLINE_S", 0.4)
    provider.silent = True
    with pytest.raises(DeliveryFailed) as failed:
        send(channel, provider)
    assert not failed.value.permanent


def test_no_error_tells_a_secret(channel: Channel[Any], provider: Provider):
    told: list[str] = []
    for status in (400, 429, 500):
        provider.refuse(status)
        with pytest.raises(DeliveryFailed) as failed:
            send(channel, provider)
        told.append(f"{failed.value!r} {failed.value.message} {failed.value.fix}")
    provider.close_port()
    with pytest.raises(DeliveryFailed) as failed:
        send(channel, provider)
    told.append(failed.value.message)
    where = address(channel, provider)
    for secret in provider.secrets.values():
        assert not [text for text in told if secret in text]
        assert secret not in where
        assert secret not in channel.receiver(where)


def test_an_absent_secret_is_final_and_named(
    channel: Channel[Any], provider: Provider, monkeypatch: pytest.MonkeyPatch
):
    if not provider.secrets:
        pytest.skip("it needs none")
    for name in provider.secrets:
        monkeypatch.delenv(name)
    with pytest.raises(DeliveryFailed) as failed:
        send(channel, provider)
    assert failed.value.permanent
    assert any(name in failed.value.message for name in provider.secrets)
    assert not provider.requests


# ── what is heard ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_its_provider_signed_is_understood(channel: Channel[Any], provider: Provider):
    for call, reports in provider.calls(CALLBACK):
        assert channel.hear(call).reports == reports


def test_the_person_hears_what_came_of_it(channel: Channel[Any], provider: Provider):
    for call, reports in provider.calls(CALLBACK):
        heard = channel.hear(call)
        if heard.told is not None:
            sentences = tuple(f"好 <{number}>" for number in range(len(reports)))
            assert isinstance(heard.told(sentences), bytes)


FORGERIES: dict[str, Callable[[Call], Call]] = {
    "no signature": lambda call: replace(call, headers={}),
    "an empty one": lambda call: replace(call, headers=dict.fromkeys(call.headers, "")),
    "one that is no text": lambda call: replace(call, headers=dict.fromkeys(call.headers, "簽名\udc80")),
    "one of another": lambda call: replace(
        call, headers={name: value[::-1] for name, value in call.headers.items()}
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_nobody_signed_is_not_believed(channel: Channel[Any], provider: Provider, forgery: str):
    for call, _ in provider.calls(CALLBACK):
        with pytest.raises(Unproven):
            channel.hear(FORGERIES[forgery](call))


def test_a_signature_is_for_what_was_signed(channel: Channel[Any], provider: Provider):
    if not provider.signs_the_body:
        pytest.skip("its provider proves itself by a shared word, not by what it says")
    for call, _ in provider.calls(CALLBACK):
        with pytest.raises(Unproven):
            channel.hear(replace(call, body=call.body + b"&x=1"))


def test_without_a_key_nothing_is_believed(provider: Provider, outbound: Outbound):
    for call, _ in provider.calls(CALLBACK):
        with pytest.raises(Unproven):
            made(provider, outbound, **provider.unsigned).hear(call)


def test_nonsense_that_is_signed_is_an_error_that_is_understood(channel: Channel[Any], provider: Provider):
    for call in provider.signed_nonsense(CALLBACK):
        with pytest.raises((Malformed, NotFound)):
            channel.hear(call)


def test_who_never_calls_is_not_heard(channel: Channel[Any], provider: Provider):
    if provider.calls(CALLBACK):
        pytest.skip("it calls back")
    with pytest.raises(TocsinError):
        channel.hear(
            Call(method="POST", url=CALLBACK, rest="", query=(), headers={}, body=b'{"acknowledged": true}')
        )
