"""`/tocsin oncall [SCHEDULE]`: who is called now, until when, and who comes next."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_, calendar
from tocsin.respond.oncall import Duty

_NOW = N_("{schedule}: {person}")
_UNTIL = N_("{schedule}: {person} until {time}, then {next}")
_ON_CALL = N_("On call")
_NO_SCHEDULE = N_("There are no schedules.")


class OnCall(Command):
    usage = "[SCHEDULE]"
    summary = N_("Who is on call, and who comes next")
    permission = Permission.READ

    def run(self, ask: Ask) -> Reply:
        wanted = ask.word()
        duties = [ask.context.oncall.duty(wanted)] if wanted else ask.context.oncall.now()
        lines = [_line(ask, each) for each in duties]
        return Reply(
            text="\n".join(lines) or ask.say(_NO_SCHEDULE),
            links=[(ask.say(_ON_CALL), ask.context.links.oncall())],
        )


def _line(ask: Ask, duty: Duty) -> str:
    title, person = duty.title or duty.schedule, ask.name(duty.person)
    if duty.until is None:
        return ask.say(_NOW, schedule=title, person=person)
    when = f"{calendar(ask.speaker.language, duty.until, duty.time_zone)} ({duty.time_zone})"
    return ask.say(_UNTIL, schedule=title, person=person, time=when, next=ask.name(duty.next_person))
