"""Would we notice, and would we cope? Faults that can be put in on purpose, and their drills with the scores."""

from __future__ import annotations

from fastapi import Request

from tocsin.faces.api.answers import Body, Name, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.learn.exercises import Exercise
from tocsin.learn.exercises.exercises import Known

routes = Routes("drills")


class Breaking(Body):
    """`fault` is a name under `faults:`."""

    fault: Name


@routes.get("/faults", permission=Permission.READ, summary="The faults that can be put in on purpose")
def faults(request: Request) -> Page[Known]:
    return Page(items=context_of(request).exercises.faults(), next=None)


@routes.get("/drills", permission=Permission.READ, summary="The last 200 drills that broke something")
def listing(request: Request) -> Page[Exercise]:
    return Page(items=context_of(request).exercises.recent(), next=None)


@routes.get("/drills/{drill}", permission=Permission.READ, summary="One drill, with its score")
def show(request: Request, drill: Name) -> Exercise:
    return context_of(request).exercises.get(drill)


@routes.post("/drills", permission=Permission.READ, summary="Put a fault in on purpose")
def begin(request: Request, body: Breaking) -> Exercise:
    """Asks for the permission to operate, or to approve where the commands of the fault destroy something."""
    return context_of(request).exercises.begin(body.fault, identity_of(request))


@routes.post("/drills/{drill}/stop", permission=Permission.OPERATE, summary="End a drill before its time")
def stop(request: Request, drill: Name) -> Exercise:
    return context_of(request).exercises.end(drill)
