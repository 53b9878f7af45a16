"""May this step run? Votes given in chat: on what changes something, never on what destroys.

A vote is on the text exactly as it will run, so the request shows it whole; what is too long for a message is read on
the page. What destroys is approved on the page as well, after signing in again: a chat left open is not a person.
"""

from __future__ import annotations

from tocsin.faces.chat.command import Ask
from tocsin.faces.chat.reply import Reply
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Denied, Invalid
from tocsin.respond.runbooks.approvals import Approval

APPROVE, DENY = "tocsin.approve", "tocsin.deny"
"""What the buttons of a request are called; their value is the request."""
_APPROVED = N_("{name} approved “{step}”")
_DENIED = N_("{name} refused “{step}”")
_NOTHING = N_("nothing waits for approval")
_WHICH = N_("which request is meant?")
_NAME_IT = N_("Name one: {requests}")
_DESTROYS = N_("what destroys is not approved in chat")
_ON_THE_PAGE = N_("Open {link}, sign in again there, and approve it with a reason.")


def the_one(ask: Ask) -> Approval:
    """The request that is named, else the only one that waits: here, or anywhere where no incident is meant."""
    runs = ask.context.runs
    if ask.peek().startswith("apr_"):
        with ask.context.store.read() as conn:
            return runs.approval(conn, ask.word())
    named = ask.peek().upper().startswith("INC-")
    here = ask.context.rooms.incident_of(ask.channel)
    incident = ask.incident().id if named or here else None
    if ask.peek().startswith("apr_"):
        return the_one(ask)
    with ask.context.store.read() as conn:
        waiting = [
            each
            for each in runs.approvals(conn, states=("asked",))
            if incident is None or runs.get(conn, each.run).incident == incident
        ]
    if not waiting:
        raise Conflict(_NOTHING, fix="")
    if len(waiting) > 1:
        requests = ", ".join(f"{each.id} ({each.title})" for each in waiting)
        raise Invalid(ask.say(_WHICH), field="approval", fix=ask.say(_NAME_IT, requests=requests))
    return waiting[0]


def vote(ask: Ask, approval: Approval, *, yes: bool, reason: str) -> Reply:
    """Decides, as far as chat may. Raises Denied for what destroys, with where it is approved."""
    context = ask.context
    with context.store.read() as conn:
        run = context.runs.get(conn, approval.run)
    if yes and approval.level == "destroy":
        link = context.links.run(run.incident, run.id) if run.incident else context.links.home()
        raise Denied(ask.say(_DESTROYS), fix=ask.say(_ON_THE_PAGE, link=link))
    decide = context.runs.approve if yes else context.runs.deny
    decide(approval.id, ask.speaker.identity, reason)
    said = ask.aloud(_APPROVED if yes else _DENIED, name=ask.speaker.name, step=approval.title)
    return Reply(text=said, public=True)
