"""By which channels are people reached, and do they work? Every channel with its health, and the digests to come."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from tocsin.act.notify import Channel, ChannelSettings, digest
from tocsin.act.notify.health import ChannelHealth, health_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid

pages = Pages()
_STATES = {
    "works": Mark(shape="✓", tone="ok", text=N_("works")),
    "failing": Mark(shape="✕", tone="crit", text=N_("failing")),
    "unused": Mark(shape="○", tone="plain", text=N_("never used")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelView:
    """A channel, how it does, and where its provider has to call if it does."""

    name: str
    channel: Channel[ChannelSettings]
    health: ChannelHealth
    mark: Mark
    callback: str


@pages.get("/channels", Permission.READ)
def listing(visit: Visit) -> Response:
    deliveries = visit.context.deliveries
    with visit.context.store.read() as conn:
        found = health_of(conn, deliveries.channels(), visit.speech.now)
        coming = digest.coming(conn)
    views = [
        ChannelView(
            name=each.channel,
            channel=channel,
            health=each,
            mark=_STATES[each.state],
            callback=deliveries.callback(each.channel) if channel.confirms else "",
        )
        for each in found
        if (channel := deliveries.channel(each.channel)) is not None
    ]
    return visit.page("channels.html", views=views, coming=coming)


@pages.post("/channels", Permission.RESPOND)
def test(visit: Visit) -> Response:
    """Sends a test message by the channel: to its room, or to whoever asks for it."""
    name = visit.form.get("channel", "")
    channel = visit.context.deliveries.channel(name)
    if channel is not None and channel.room is None and not visit.identity.person:
        raise Invalid(
            N_("Your account belongs to nobody under people:, so there is no way to page you."),
            fix=N_("Add yourself under people: in tocsin.yaml, then `tocsin account person NAME PERSON`."),
        )
    visit.context.trials.send(name, person=visit.identity.person, actor=visit.identity.actor)
    return visit.go("/channels", notice="tried")
