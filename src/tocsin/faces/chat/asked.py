"""How is a request for approval shown in Slack? The text as it will run, and all that somebody has to know of it.

What cannot be shown whole is not approved here. Blocks stay within what Slack takes
(docs.slack.dev/reference/block-kit/blocks/rich-text-block): the text, its values and each fact have their own bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.act.notify.channels.slack import OPEN, escape
from tocsin.act.notify.message import one_line
from tocsin.faces.chat.context import Context
from tocsin.faces.chat.votes import APPROVE, DENY
from tocsin.ground.i18n import N_, exact, translate
from tocsin.ground.kernel.secret import scrub
from tocsin.respond.runbooks.requests import ONLY_ON_THE_PAGE, Request

_TEXT_AT_MOST = 2_500
_VALUES_AT_MOST = 1_500
_FACT_AT_MOST = 200
_TITLE_AT_MOST = 600
ASKED = N_("{incident}: “{step}” waits for approval by the role {role}")
_NOT_WHOLE = N_("It cannot be shown whole here: read and approve it on the page.")
_APPROVE, _DENY, _OPEN = N_("Approve"), N_("Refuse"), N_("Open")
_LEVELS = {
    "read": N_("Level: it only reads"),
    "change": N_("Level: it changes something"),
    "destroy": N_("Level: it destroys something"),
}
_WHERE = N_("Where: {place}")
_HERE = N_("this machine, where Tocsin runs")
_WORKER = N_("{place}, by a worker with the label {label}")
_BY = N_("Asked by {name}")
_OTHERS = N_("Asked by {name}, who may not approve it")
_VOTES = N_("Approved so far: {given} of {quorum}")
_VOTES_BY = N_("Approved so far: {given} of {quorum} ({names})")
_UNTIL = N_("Can be answered until {time}")

Name = Callable[[str], str]


def title_of(request: Request, language: str) -> str:
    """What is asked, in one line."""
    approval = request.approval
    asked = translate(
        language,
        ASKED,
        incident=request.incident or request.runbook,
        step=approval.title,
        role=translate(language, approval.role),
    )
    return one_line(asked)[:_TITLE_AT_MOST]


def shown(context: Context, request: Request, language: str, said: str, name: Name) -> list[dict[str, Any]]:
    """The message. It has buttons while it can be answered; without the one to approve where that is not done here."""
    approval = request.approval
    text, values = scrub(approval.text), scrub(_values(request))
    whole = (
        len(text) <= _TEXT_AT_MOST
        and len(values) <= _VALUES_AT_MOST
        and (text, values) == (approval.text, _values(request))
    )
    parts = [_section(title_of(request, language), bold=True)]
    for each, most in ((text, _TEXT_AT_MOST), (values, _VALUES_AT_MOST)):
        if each.strip():
            cut = each if len(each) <= most else f"{each[:most]}…"
            parts.append({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": cut}]})
    facts = [one_line(each)[:_FACT_AT_MOST] for each in _facts(context, request, language, name)]
    parts.append(_section(scrub("\n".join(facts))))
    found: list[dict[str, Any]] = [{"type": "rich_text", "elements": parts}]
    may_approve = approval.level != "destroy" and whole
    word = said or ("" if may_approve else translate(language, ONLY_ON_THE_PAGE if whole else _NOT_WHOLE))
    if word:
        told = {"type": "mrkdwn", "text": escape(one_line(word)), "verbatim": True}
        found.append({"type": "context", "elements": [told]})
    buttons: list[dict[str, Any]] = []
    if approval.state == "asked":
        if may_approve:
            buttons.append(_button(language, _APPROVE, APPROVE, value=approval.id, style="primary"))
        buttons.append(_button(language, _DENY, DENY, value=approval.id))
    assert request.incident  # only what belongs to an incident is spoken of in chat
    buttons.append(_button(language, _OPEN, OPEN, url=context.links.run(request.incident, approval.run)))
    return [*found, {"type": "actions", "elements": buttons}]


def _facts(context: Context, request: Request, language: str, name: Name) -> Iterator[str]:
    approval = request.approval
    yield translate(language, _LEVELS.get(approval.level, approval.level))
    place = f"{approval.place} ({request.kind or '?'})" if approval.place else translate(language, _HERE)
    if request.worker:
        place = translate(language, _WORKER, place=place, label=request.worker)
    yield translate(language, _WHERE, place=place)
    by = name(approval.requested_by.partition(":")[2])
    yield translate(language, _OTHERS if request.four_eyes else _BY, name=by)
    if approval.quorum > 1:
        names = ", ".join(name(each.voter.partition(":")[2]) for each in request.votes if each.yes)
        counted = {"given": request.given, "quorum": approval.quorum, "names": names}
        yield translate(language, _VOTES_BY if names else _VOTES, **counted)
    if approval.expires_at and approval.state == "asked":
        time = exact(language, approval.expires_at, context.catalogue().time_zone)
        yield translate(language, _UNTIL, time=time)


def _values(request: Request) -> str:
    return "\n".join(f"{name} = {value}" for name, value in request.approval.inputs.items())


def _section(text: str, *, bold: bool = False) -> dict[str, Any]:
    style = {"style": {"bold": True}} if bold else {}
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text, **style}]}


def _button(language: str, label: str, action: str, **more: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": translate(language, label), "emoji": False}
    return {"type": "button", "action_id": action, "text": text, **more}
