"""What are the roles and the clocks called? Names of ours; a policy may name further clocks, which keep their names."""

from tocsin.ground.i18n import N_

ROLE_TITLES = {
    "commander": N_("incident commander"),
    "technical-lead": N_("technical lead"),
    "communications-lead": N_("communications lead"),
    "scribe": N_("scribe"),
}

CLOCK_TITLES = {
    "assess": N_("Assess"),
    "respond": N_("Respond"),
    "act": N_("Act"),
    "restore": N_("Restore"),
    "update": N_("Next update"),
    "report": N_("Report"),
    "postmortem": N_("Postmortem"),
}
