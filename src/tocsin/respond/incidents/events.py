"""What can happen to an incident, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare, reason

declare("incident.opened", N_("Opened as {severity} from an alert of {source}: {title}"))
declare("incident.declared", N_("Declared as {severity} by {actor}: {title}"))
declare("incident.acknowledged", N_("Acknowledged by {by}, {seconds} after it was detected"))
declare("incident.unacknowledged", N_("{by} has it no longer: {why}"))
declare("acknowledgement.renewed", N_("Acknowledged once more by {actor}, until {until}"))
declare(
    "acknowledgement.expired", N_("The acknowledgement by {by} has expired after {seconds}: it pages again")
)
declare("incident.mitigated", N_("Service is back, being watched: {why}"))
declare("incident.resolved", N_("Resolved: {why}"))
declare("incident.reopened", N_("Opened again: {why}"))
declare("incident.closed", N_("Closed: {why}"))
declare(
    "severity.decided", N_("Severity {level}: {rule} matched with {values}"), N_("Severity {level}: {rule}")
)
declare("severity.changed", N_("Severity changed from {old} to {new}: {reason}"))
declare("alert.attached", N_("Alert {name} belongs to this incident"))
declare("alert.fired", N_("Alert {name} fires again"))
declare(
    "alert.flapping", N_("Alert {name} comes and goes, {changes} times: told once, held until it is calm")
)
declare("alert.calm", N_("Alert {name} has been calm: what it says counts again"))
declare(
    "alerts.folded",
    N_("{alerts} alerts by now, {new} of them new, {cleared} cleared, {rules} rules: {names}"),
)
declare("incident.hushed", N_("Nobody is paged while all its alerts are held back: {why}"))
declare("incident.unhushed", N_("Paging goes on: alert {name} fires and is held back no longer"))
declare("incident.repeated", N_("Paged again: its alerts still fire, and nobody has acknowledged"))
declare("alert.resolved", N_("Alert {name} has cleared"))
declare("role.assigned", N_("{person} is now {role}"))
declare("note.added", N_("{actor} noted: {text}"))
declare("clock.started", N_("Clock {clock} started, due {due_at}"))
declare("clock.moved", N_("Clock {clock} was moved, due {due_at}"))
declare("clock.dropped", N_("Clock {clock} no longer counts at this severity"))
declare("clock.warned", N_("Clock {clock} is running out, due {due_at}"))
declare("clock.missed", N_("Clock {clock} was missed, it was due {due_at}"))
declare("clock.met", N_("Clock {clock} met after {seconds}"))
declare("soak.started", N_("Watching until {until}, {rounds} rounds"))
declare("soak.round", N_("Watch round {n} of {of} passed: {text}"))
declare("soak.failed", N_("Watch round {n} failed: {text}"))
declare("reality.checked", N_("Is it real? {outcome}. {why}."))
declare("alert.false_alarm", N_("{actor} says it was a false alarm: {reason}"))
declare(
    "alert.marked",
    N_("{actor} calls alert {name} {answer}: {reason}"),
    N_("{actor} calls alert {name} {answer}"),
)
# The rule of a severity that a person chose.
reason(N_("declared by {actor}"))
