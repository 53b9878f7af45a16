"""How does a page talk to this reader? Their language, their zone, and the moment the page was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from markupsafe import Markup

from tocsin.ground import i18n, timeline
from tocsin.ground.timeline import Event
from tocsin.respond.incidents import Voice

_TIME = Markup('<time datetime="{iso}" title="{exact}">{words}</time>')
_COUNTDOWN = Markup('<time datetime="{iso}" title="{exact}" data-due="{iso}">{words}</time>')


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """Bound to one request: every text, time and name on a page goes through it. `people`: by key, as configured."""

    language: str
    zone: str
    now: datetime
    people: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, text: str, /, **values: object) -> str:
        """A marked text in the reader's language; in templates it is called `_`."""
        return i18n.translate(self.language, text, **values)

    def told(self, text: str) -> str:
        """A text that may be one of ours or somebody's own: translated as far as it is ours, else as it stands."""
        return timeline.told(text, self.language)

    def ago(self, at: datetime) -> Markup:
        """`4 min ago`, with the exact moment on hover."""
        return self._time(_TIME, at, i18n.ago(self.language, at, self.now))

    def until(self, at: datetime) -> Markup:
        return self._time(_TIME, at, i18n.until(self.language, at, self.now))

    def left(self, due: datetime) -> Markup:
        """Digits that count down by themselves where the page's script runs."""
        return self._time(_COUNTDOWN, due, i18n.countdown((due - self.now).total_seconds()))

    def clock(self, at: datetime) -> Markup:
        """The time of day, `18:30:08`, for a story that is read line by line."""
        return self._time(_TIME, at, i18n.clock(at, self.zone))

    def moment(self, at: datetime) -> Markup:
        """`18:30:08 · 4 min ago`: to compare with a log, and to feel how long it is. Of another day, with its date."""
        when = self.clock(at) if i18n.same_day(at, self.now, self.zone) else self.day(at)
        return Markup("{} · {}").format(when, i18n.ago(self.language, at, self.now))

    def day(self, at: datetime) -> Markup:
        """`Sat 21 Nov, 18:30`."""
        return self._time(_TIME, at, i18n.calendar(self.language, at, self.zone))

    def exact(self, at: datetime) -> str:
        return i18n.exact(self.language, at, self.zone)

    def span(self, seconds: float) -> str:
        return i18n.span(self.language, seconds)

    def between(self, start: datetime, end: datetime | None) -> str:
        """How long it took, or has taken until now."""
        return self.span(((end or self.now) - start).total_seconds())

    def person(self, name: str | None) -> str:
        """The name that others call them; one who is not in the configuration keeps the name they signed in with."""
        return self.people.get(name or "", name or "–")

    def actor(self, actor: str) -> str:
        """Who did it: a person by name, a program by what it is called, Tocsin itself."""
        kind, _, name = actor.partition(":")
        return self.person(name) if kind == "person" else name or actor

    def event(self, event: Event) -> str:
        """A line of a timeline as a sentence, its times in the reader's zone, its people by name."""
        voice = Voice(
            person=lambda name: self.actor(name) if ":" in name else self.person(name),
            text=self.text,
            moment=lambda at: i18n.clock(at, self.zone),
        )
        data = voice.values(event.data)
        policy = data.get("policy")
        if isinstance(policy, str) and "{" not in policy:
            data["policy"] = self.text(policy)
        actor = f"person:{self.actor(event.actor)}"
        return timeline.sentence(replace(event, data=data, actor=actor), self.language, self.zone)

    def _time(self, pattern: Markup, at: datetime, words: str) -> Markup:
        return pattern.format(iso=at.isoformat(), exact=self.exact(at), words=words)
