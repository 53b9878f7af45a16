"""What is said in the war room of an incident stands on its timeline, whoever says it."""

from __future__ import annotations

import json

from waiting import until

from tocsin import configuration
from tocsin.ground import timeline


def test_a_message_in_the_room_becomes_a_note_and_one_elsewhere_does_not(chat) -> None:
    path = chat.app.folder / "tocsin.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "war_room: {channel: chat}\n", encoding="utf-8")
    chat.app.current.swap(configuration.load(chat.app.folder).required())
    number = chat.declared().id
    chat.app.war_rooms.ask(number, "person:mei")
    chat.app.war_rooms.tick()
    room = chat.app.war_rooms.channel_of(number)
    assert room
    for channel, text in (("C0GENERAL", "lunch?"), (room, "the disk is full &amp; slow")):
        event = {
            "type": "message",
            "channel": channel,
            "user": "U0MEI",
            "text": text,
            "ts": "1764000000.000100",
        }
        body = json.dumps(chat.slack.event_payload(event))
        got = chat.post("events", body, **{"content-type": "application/json"})
        assert got.status_code == 200

    def notes() -> list[tuple[str, str]]:
        with chat.app.store.read() as conn:
            found = timeline.of_incident(conn, number, kinds=("note.added",))
        return [(each.actor, each.data["text"]) for each in found]

    until(notes, what="the note")
    assert notes() == [("person:mei", "the disk is full & slow")]
