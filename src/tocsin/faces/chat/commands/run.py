"""`/tocsin run [INCIDENT] RUNBOOK…`: starts a runbook; each step that changes something waits for a person."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.runbooks.run import MODES

_STARTED = N_("{name} started the runbook “{runbook}” for {incident} ({mode})")
_OFFERED = 8


class Run(Command):
    usage = "[INCIDENT] RUNBOOK [guided|automatic|plan]"
    summary = N_("Starts a runbook, found by its path or its words")
    permission = Permission.OPERATE

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        words = ask.rest().split()
        mode = words.pop() if len(words) > 1 and words[-1] in MODES else "guided"
        started = ask.context.runs.start(incident.id, _path(ask, " ".join(words)), mode, ask.speaker.actor)
        return ask.here(incident, _STARTED, runbook=started.title, mode=ask.aloud(mode))


def _path(ask: Ask, wanted: str) -> str:
    """The runbook of that path, or the only one that speaks of these words. Raises Invalid."""
    library = ask.context.library
    if not wanted:
        raise Invalid("a runbook is missing", field="path", fix="Write its path, or words of its title.")
    try:
        return library.get(wanted).path
    except NotFound:
        every = library.all()
    folded = wanted.casefold()
    fitting = [
        each.path for each in every if folded in each.path.casefold() or folded in each.title.casefold()
    ]
    if len(fitting) == 1:
        return fitting[0]
    offered = ", ".join((fitting or [hit.document.path for hit in library.search(wanted)])[:_OFFERED])
    raise Invalid(
        f"several runbooks fit “{wanted}”" if fitting else f"there is no runbook “{wanted}”",
        field="path",
        fix=f"Name one: {offered}" if offered else "See them on the page of runbooks.",
    )
