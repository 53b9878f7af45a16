"""How does a person want to be paged? Their own rules: read and replaced."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field

from tocsin.faces.api.answers import Body, Line, Name
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission, require
from tocsin.respond.oncall import Quiet, Rule
from tocsin.respond.oncall.rules import LONGEST_WAIT_S, MOST_RULES, Kept

routes = Routes("on call")

Severities = Annotated[list[Line], Field(default_factory=list, max_length=MOST_RULES)]


class QuietHours(Body):
    """`hours` such as `22:00-07:00` or `sat,sun`, in the person's time zone. No severities: all but critical ones."""

    hours: Line
    severities: Severities
    then: Literal["wait", "digest"] = "wait"


class ContactRule(Body):
    """`channel` is used `after_s` seconds after the page began. No severities: for all."""

    channel: Line
    after_s: Annotated[int, Field(ge=0, le=LONGEST_WAIT_S)] = 0
    severities: Severities
    quiet: Annotated[list[QuietHours], Field(default_factory=list[QuietHours], max_length=MOST_RULES)]


class NewRules(Body):
    """All rules of a person, in their order; none brings back the order of the configuration."""

    rules: Annotated[list[ContactRule], Field(max_length=MOST_RULES)]


@routes.get("/oncall/rules/{person}", permission=Permission.READ, summary="How a person wants to be paged")
def get_rules(request: Request, person: Name) -> Kept:
    """Without any of their own the list is empty, and the order of the configuration holds.

    It is the person's own business: those of somebody else need the permission `admin`.
    """
    _require_own(request, person)
    return context_of(request).escalations.rules.kept_of(person)


@routes.post("/oncall/rules/{person}", permission=Permission.RESPOND, summary="Replace the rules of a person")
def put_rules(request: Request, person: Name, body: NewRules) -> Kept:
    """Everybody writes their own; those of somebody else need the permission `admin`."""
    _require_own(request, person)
    rules = [_rule(each) for each in body.rules]
    return context_of(request).escalations.rules.put(person, rules, identity_of(request).actor)


def _require_own(request: Request, person: str) -> None:
    identity = identity_of(request)
    if identity.person != person:
        require(identity, Permission.ADMIN)


def _rule(body: ContactRule) -> Rule:
    return Rule(
        channel=body.channel,
        after_s=body.after_s,
        severities=tuple(body.severities),
        quiet=tuple(
            Quiet(hours=each.hours, severities=tuple(each.severities), then=each.then) for each in body.quiet
        ),
    )
