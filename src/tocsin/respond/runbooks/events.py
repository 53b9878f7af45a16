"""What can happen in a run, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

SPOKEN = (N_("plan"), N_("drill:read-through"), N_("drill:checks"), N_("drill:simulated"))
"""How modes stand in the data of events: in English as they are, for the catalogs of the others."""

declare("run.offered", N_("Runbook offered: {title} ({stale})"), shorter=N_("Runbook offered: {title}"))
declare("run.started", N_("Runbook started ({mode}): {title}"))
declare("run.step.started", N_("Step started: {title}"))
declare("run.step.finished", N_("Step finished: {title}, {why}"))
declare("run.step.unknown", N_("Nobody knows how far this step came, somebody has to look: {title}"))
declare("run.step.skipped", N_("Step skipped by {actor}: {title}, {why}"))
declare("run.step.answered", N_("{actor} says of “{title}”: {answer}"))
declare("run.rung.started", N_("Attempt started: {title}"))
declare("run.rung.finished", N_("Attempt finished: {title}, {why}"))
declare("run.approval.asked", N_("Waits for approval by {role}: {title}"))
declare("run.approval.vote", N_("Approved by {actor}, {given} of {quorum}: {title}, reason: {reason}"))
declare("run.approval.given", N_("Approved by {actor}: {title}, reason: {reason}"))
declare("run.approval.denied", N_("Refused by {actor}: {title}, reason: {reason}"))
declare("run.approval.expired", N_("Nobody decided in time: {title}"))
declare("run.verified", N_("Verification: {passed} of {of} passed, {why}"))
declare("run.paused", N_("Run paused by {actor}"))
declare("run.resumed", N_("Run resumed by {actor}"))
declare("run.taken", N_("{actor} leads the run from here on, press by press"))
declare("run.turned", N_("{actor} goes on by hand from: {title}"))
declare("run.step.retried", N_("{actor} has this step run again: {title}"))
declare("run.finished", N_("Runbook {outcome}: {why}"))
