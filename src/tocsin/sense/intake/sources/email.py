"""Mail, for whatever can send nothing else: each mail is an alert, and one that says so ends it.

With `email:` in `tocsin.yaml` Tocsin listens for SMTP, by default on loopback, for a mail server to hand mail on. The
address is `KEY@DOMAIN`, or `ALIAS@DOMAIN` where the key has an alias:

    tocsin key create email --name uptimerobot --set alias=uptime-7f3a --set 'senders=*@uptimerobot.com'

The same is done over HTTP with the raw message, as from a pipe of a mail server:

    curl -H 'Content-Type: message/rfc822' --data-binary @- URL/in/KEY/email

The subject becomes name and summary, the sender the label `from`, the text the annotation `description`. Mails whose
subjects differ only in words of state (DOWN and UP, PROBLEM and RECOVERY) are about one alert. The setting `resolved`,
an expression in [CEL](https://cel.dev) over `subject`, `from` and `body`, says which mail ends it; without one, UP, OK,
RESOLVED, RECOVERY and their like in the places where monitors write them (those of UptimeRobot among them, whose
webhooks need a paid plan). The times of the mails decide which one is newer, so that a mail which is delayed or comes
twice does no harm. Bounces and automatic replies are taken and ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Annotated, ClassVar, Literal, cast

import structlog
from pydantic import AfterValidator, Field, StringConstraints

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.conditions import BadCondition, Environment, Variable, compile_condition
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.errors import Denied
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import limits
from tocsin.sense.intake.mail import ENVELOPE_FROM, Mail, read_mail, thread_of
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted
from tocsin.sense.intake.text import long_text

MAIL = Environment(
    name="mail",
    variables=(
        Variable(name="subject", kind="text", title="the subject of the mail"),
        Variable(name="from", kind="text", title="the address that it is from"),
        Variable(name="body", kind="text", title="its text"),
    ),
)
# UP and OK also stand in sentences that say the opposite, so they count where monitors write them: in doubt it fires.
RESOLVED = (
    r'(subject.matches("\\b(OK|RESOLVED|RECOVERED|RECOVERY|CLEARED|CLOSED)\\b|\\bis (back )?UP\\b|\\bUP *[]:]")'
    r' || subject.matches("(?i)^\\W*(re: *)?\\[?(resolved|recovered|recovery|cleared|closed|ok|up) *[]:|-]"))'
    r' && !subject.matches("\\b(NOT|DOWN|PROBLEM|CRITICAL|FIRING|FAILED|FAILURE|UNRESOLVED)\\b")'
)
_NAME_BYTES = 256
_BODY_JUDGED = 32 * 1024
_log = structlog.get_logger(__name__)


def _condition(text: str) -> str:
    try:
        compile_condition(text, MAIL)
    except BadCondition as error:
        raise ValueError(f"{error.message}; {error.fix}") from None
    return text


class EmailKey(SourceSettings):
    """What a key for mail is told."""

    alias: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{2,63}$")] | None = Field(
        default=None,
        description="A shorter name for its address. Who knows it can send alerts, so make it hard to guess.",
    )
    senders: tuple[str, ...] = Field(
        default=(), description="Whose mail is taken, such as *@uptimerobot.com; without any, everybody's."
    )
    resolved: Annotated[str, AfterValidator(_condition)] | None = Field(
        default=None,
        description="CEL over subject, from, body: this mail ends the alert. Without it: UP, OK, RESOLVED and such.",
    )
    identity: Literal["subject", "message"] = Field(
        default="subject", description="Mails of one subject are one alert, or each mail is its own."
    )
    lasts: Duration | None = Field(
        default=None, description="The alert is over when no mail repeats it for so long."
    )
    severity: str = Field(default="", description="The label `severity` of its alerts.")


class Email(Source):
    title = "E-mail"
    paths = ("/email",)
    content_types = ("message/rfc822", "text/plain", "application/octet-stream")
    binary = True
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = EmailKey
    examples = (
        Example(
            title="UptimeRobot: a monitor is down",
            body=b"From: UptimeRobot <alert@uptimerobot.com>\r\nSubject: Monitor is DOWN: shop\r\n"
            b"Message-ID: <1@uptimerobot.com>\r\n\r\nYour monitor shop is currently DOWN.\r\n",
            alerts=1,
            path="/email",
        ),
    )

    def usage(self, base: str, secret: str) -> Sequence[str]:
        return (
            "Write to it, or to its alias, at a domain whose mail comes here (`email:` in tocsin.yaml):",
            f"  {secret}@DOMAIN",
            "or post the raw message to:",
            f"  {base}/in/{secret}/email",
        )

    def read(self, message: Message, key: Key) -> Reading:
        settings = cast(EmailKey, self.settings_of(key))
        mail = read_mail(message.payload)
        if mail.is_automatic_reply or message.headers.get(ENVELOPE_FROM) == "<>":
            _log.info("an automatic mail was ignored", key=key.id, subject=mail.subject[:100])
            return Reading()
        if settings.senders and not any(
            fnmatchcase(mail.sender.lower(), each.lower()) for each in settings.senders
        ):
            raise Denied("mail of this sender is not taken", field="from", fix="Add it to `senders`.")
        return Reading(signals=[_signal(mail, settings, message)])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)


def _signal(mail: Mail, settings: EmailKey, message: Message) -> Signal:
    flags = {mail.unread} - {""}
    name = mail.subject or mail.text.strip().partition("\n")[0].strip() or "mail without a subject"
    values = {"subject": mail.subject, "from": mail.sender, "body": mail.text[:_BODY_JUDGED]}
    over = compile_condition(settings.resolved or RESOLVED, MAIL).evaluate(values).true
    labels = {
        "alertname": long_text(name, flags, _NAME_BYTES),
        "from": mail.sender,
        "list": mail.list_id,
        "severity": settings.severity,
    }
    annotations = {
        "summary": long_text(name, flags),
        "description": long_text(mail.text.strip(), flags),
        "message_id": mail.message_id,
    }
    by_message = settings.identity == "message" and mail.message_id
    about = mail.message_id if by_message else f"{mail.sender.casefold()}\0{thread_of(name)}"
    ends_at = mail.date if over else message.at + settings.lasts if settings.lasts else None
    return Signal(
        labels={label: text for label, text in labels.items() if text},
        annotations={label: text for label, text in annotations.items() if text},
        resolved=over,
        starts_at=None if over else mail.date,
        ends_at=ends_at,
        dedup_key=f"mail:{blake2b(about.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}",
        flags=tuple(sorted(flags)),
    )
