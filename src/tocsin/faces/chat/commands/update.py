"""`/tocsin update [INCIDENT] [AUDIENCE|all TEXT…]`: tells people outside how it stands; alone, drafts it."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.incidents import Incident
from tocsin.respond.incidents.updates import Audience, Text

_SENT = N_("{name} told {audiences} about {incident}: {title}")
_DRAFT = N_("A draft for {audience}; send it, or better words, with /tocsin update {audience} TEXT")
_EVERYBODY = "all"


class Update(Command):
    usage = "[INCIDENT] [AUDIENCE|all TEXT…]"
    summary = N_("Tells people outside how it stands; alone, drafts it")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        updates = ask.context.updates
        known = updates.audiences()
        if not known:
            raise Invalid(
                "there is nobody to tell",
                field="to",
                fix="Write stakeholders: into tocsin.yaml, and look again.",
            )
        wanted = ask.word().casefold()
        if not wanted:
            return self._draft(ask, incident, next(iter(known)))
        if wanted != _EVERYBODY and wanted not in known:
            raise Invalid(
                f"there is no audience {wanted}",
                field="to",
                fix=f"One of {', '.join(known)}, or {_EVERYBODY}; then the text.",
            )
        chosen = list(known) if wanted == _EVERYBODY else [wanted]
        if not ask.words:
            return self._draft(ask, incident, chosen[0])
        text = ask.rest()
        for name in chosen:
            draft, language = _drafted(ask, incident, known[name])
            updates.send(
                incident.id,
                template=known[name].template,
                language=language,
                subject=draft.subject,
                text=text,
                to=(name,),
                actor=ask.speaker.actor,
                next_in=updates.promised(incident),
            )
        titles = ", ".join(known[name].title or name for name in chosen)
        return ask.here(incident, _SENT, audiences=titles)

    def _draft(self, ask: Ask, incident: Incident, audience: str) -> Reply:
        draft, _ = _drafted(ask, incident, ask.context.updates.audiences()[audience])
        return Reply(text=f"{draft.subject}\n\n{draft.text}\n\n{ask.say(_DRAFT, audience=audience)}")


def _drafted(ask: Ask, incident: Incident, audience: Audience) -> tuple[Text, str]:
    """The draft for an audience, and its language."""
    language = audience.language or ask.context.catalogue().language
    with ask.context.store.read() as conn:
        return ask.context.updates.draft(conn, incident.id, audience.template, language), language
