"""What is said once after an act? A closed list: the browser carries only the name."""

from __future__ import annotations

from tocsin.ground.i18n import N_

NOTICES = {
    "acknowledged": N_("You have it. Paging has stopped."),
    "noted": N_("Your note is on the timeline."),
    "severity": N_("The severity is changed, and the clocks with it."),
    "assigned": N_("The role is assigned."),
    "mitigated": N_("The service is being watched until it has held long enough."),
    "resolved": N_("The incident is resolved."),
    "reopened": N_("The incident is open again."),
    "closed": N_("The incident is closed."),
    "declared": N_("The incident is open. Whoever is on call is being paged."),
    "looking": N_("The probes are running. What they find appears here."),
    "false-alarm": N_("The incident has ended as a false alarm, and its rules are counted."),
    "marked": N_("Your word on this alert is noted."),
    "started": N_("The run has started."),
    "proceeded": N_("The next step is under way."),
    "approved": N_("Approved. The step is under way."),
    "denied": N_("Denied. The run goes on without this step."),
    "paused": N_("The run pauses after the step that is under way."),
    "resumed": N_("The run goes on."),
    "cancelled": N_("The run is cancelled."),
    "skipped": N_("The step is skipped."),
    "answered": N_("Thank you. The run goes on."),
    "given": N_("The values are noted. The run goes on."),
    "reviewed": N_("Thank you. The review is noted."),
    "replayed": N_("It was sent again. Its answer stands on top of the list."),
    "revoked": N_("The key is revoked; within seconds nobody gets in by it."),
    "beat-paused": N_("Nobody waits for it until it reports again."),
    "beat-resumed": N_("It is waited for again."),
    "marked-many": N_("Your word on these alerts is noted."),
    "silenced": N_("It is quiet. What it hides stays in the list of alerts."),
    "silence-ended": N_("The silence is over. What still fires is judged as if it were new."),
    "planned": N_("The maintenance window is planned."),
    "window-ended": N_("The window is over. What still fires is judged as if it were new."),
    "tested": N_("A test page is on its way to you."),
    "signed-out": N_("You are signed out."),
    "welcome": N_("Your account is made. Welcome."),
    "chosen": N_("Your choice is kept."),
}
