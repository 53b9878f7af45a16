"""GitHub: deployments, merges, releases and failed workflows.

In the settings of the repository or the organisation, under Webhooks, add one: the payload URL is
`https://tocsin.example.com/in/KEY`, the content type `application/json`, the secret a long random text that Tocsin
knows too; of the events choose deployments, deployment statuses, pushes, releases and, if wanted, workflow runs.

    tocsin key create github --service shop --set secret=env:GITHUB_WEBHOOK_SECRET
    tocsin key create github --set secret=env:GITHUB_WEBHOOK_SECRET --set 'services={"acme/web": "shop"}'
        --set workflow_runs=alert

With a secret, a message without its right `X-Hub-Signature-256` is refused with 401. Changes stand on the page of an
incident of their service: a deployment with how it ended, a push to the default branch, a published release. The
service is the key's, else that of `services`, else the name of the repository. `workflow_runs` says what becomes of
runs on the default branch: `alert` (one that fails fires an alert which the next good one ends), `change`, `both` or
`ignore`, which it is without. What is not understood is answered with 202 and forgotten.

The format: https://docs.github.com/en/webhooks/webhook-events-and-payloads, signatures:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import parse_qs

from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change, State
from tocsin.sense.intake import limits
from tocsin.sense.intake.deploys import DeploySettings, Told, as_alert, as_change
from tocsin.sense.intake.document import Part, key_of, read_document, texts
from tocsin.sense.intake.signature import prove
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted

_FORM = "application/x-www-form-urlencoded"
_DEPLOYMENT: dict[str, State] = {
    "pending": "started", "queued": "started", "waiting": "started", "in_progress": "started",
    "success": "succeeded", "failure": "failed", "error": "failed",
}  # fmt: skip
_CONCLUSIONS: dict[str, State] = {
    "success": "succeeded", "failure": "failed", "timed_out": "failed", "startup_failure": "failed",
    "cancelled": "cancelled",
}  # fmt: skip
_HEADS = "refs/heads/"


class GitHubSettings(DeploySettings):
    workflow_runs: Told = Field(
        default="ignore", description="What becomes of workflows on the default branch."
    )


class GitHub(Source):
    title = "GitHub (webhook)"
    paths = ("", "/", "/webhook")
    content_types = ("application/json", _FORM)
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = GitHubSettings
    examples = (
        Example(
            title="a deployment went well",
            body=b'{"action": "created", "deployment_status": {"id": 2, "state": "success",'
            b' "creator": {"login": "octocat"},'
            b' "created_at": "2026-11-21T08:40:00Z", "updated_at": "2026-11-21T08:41:00Z",'
            b' "environment": "production"}, "deployment": {"id": 145988746, "ref": "v2.1.0",'
            b' "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", "environment": "production",'
            b' "created_at": "2026-11-21T08:39:00Z"}, "repository": {"full_name": "acme/shop",'
            b' "html_url": "https://github.com/acme/shop", "default_branch": "main"}}',
            alerts=0,
            changes=1,
            path="/",
            headers=(("X-GitHub-Event", "deployment_status"),),
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, GitHubSettings)
        if settings.secret:
            prove(message, settings.secret, signature="X-Hub-Signature-256", prefix="sha256=")
        event = message.headers.get("x-github-event", "")
        if not event:
            fix = "Send X-GitHub-Event: it says what the message is about."
            raise Invalid("the header X-GitHub-Event is missing", field="X-GitHub-Event", fix=fix)
        told = read_document(_payload(message))
        if event in ("deployment", "deployment_status"):
            return Reading(changes=_deployment(told, settings, message))
        if event == "push":
            return Reading(changes=_push(told, settings, message))
        if event == "release":
            return Reading(changes=_release(told, settings, message))
        if event == "workflow_run":
            return _workflow_run(told, settings, message)
        return Reading()

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)


def _payload(message: Message) -> bytes:
    """The JSON, which stands in the field `payload` where the webhook sends forms."""
    if not message.headers.get("content-type", "").lower().startswith(_FORM):
        return message.payload
    try:
        fields = parse_qs(message.payload.decode(), max_num_fields=limits.LABELS)
    except ValueError:
        raise Malformed("the form has too many fields", field="body", fix="Send one payload.") from None
    if "payload" not in fields:
        raise Invalid(
            "the form has no payload", field="payload", fix="Choose application/json in the webhook."
        )
    return fields["payload"][0].encode()


def _deployment(told: Part, settings: GitHubSettings, message: Message) -> list[Change]:
    """A deployment as it was asked for, or how it goes on. One that was replaced by the next has not changed."""
    deployment, repository = told.part("deployment"), told.part("repository")
    status = told.maybe("deployment_status")
    state = _DEPLOYMENT.get(status.needed("state")) if told.has("deployment_status") else "started"
    if state is None:
        return []
    environment = status.line("environment") or deployment.line("environment")
    version = _version(deployment.line("ref"), deployment.line("sha"))
    name = repository.needed("full_name")
    at = status.moment("updated_at") or status.moment("created_at") or deployment.moment("created_at")
    link = status.link("target_url") or status.link("log_url") or status.link("environment_url")
    return [
        Change(
            dedup_key=key_of("deployment", name, deployment.needed("id")),
            kind="deploy",
            title=f"{name}: {version} to {environment}" if environment else f"{name}: {version}",
            state=state,
            at=at or message.at,
            service=settings.service_of(name),
            environment=environment,
            version=version,
            by=deployment.maybe("creator").line("login") or status.maybe("creator").line("login"),
            url=link or repository.link("html_url"),
        )
    ]


def _version(ref: str, sha: str) -> str:
    """What was deployed: a ref that begins as versions do, else the commit, since a branch is another one each time."""
    return ref if not sha or ref.removeprefix("v")[:1].isdigit() else sha[:12]


def _push(told: Part, settings: GitHubSettings, message: Message) -> list[Change]:
    """A push to the default branch, by its newest commit."""
    repository = told.part("repository")
    branch = told.needed("ref").removeprefix(_HEADS)
    if branch != repository.line("default_branch") or told.given.get("deleted") is True:
        return []
    name, after = repository.needed("full_name"), told.needed("after")
    head = told.maybe("head_commit")
    first_line = head.prose("message").partition("\n")[0].strip()
    return [
        Change(
            dedup_key=key_of("push", name, after),
            kind="merge",
            title=f"{name}: {first_line}" if first_line else f"{name}: pushed to {branch}",
            state="succeeded",
            at=repository.moment("pushed_at", epochs=True) or message.at,
            service=settings.service_of(name),
            version=after[:12],
            by=told.maybe("pusher").line("name") or told.maybe("sender").line("login"),
            url=told.link("compare") or head.link("url"),
        )
    ]


def _release(told: Part, settings: GitHubSettings, message: Message) -> list[Change]:
    if told.line("action") != "published":
        return []
    release, repository = told.part("release"), told.part("repository")
    name, tag = repository.needed("full_name"), release.needed("tag_name")
    return [
        Change(
            dedup_key=key_of("release", name, release.needed("id")),
            kind="release",
            title=f"{name}: release {release.line('name') or tag}",
            state="succeeded",
            at=release.moment("published_at") or message.at,
            service=settings.service_of(name),
            version=tag,
            by=release.maybe("author").line("login"),
            url=release.link("html_url"),
        )
    ]


def _workflow_run(told: Part, settings: GitHubSettings, message: Message) -> Reading:
    """A run on the default branch. The alert is of the workflow: the next good run ends it."""
    run, repository = told.part("workflow_run"), told.part("repository")
    branch = run.line("head_branch")
    if settings.workflow_runs == "ignore" or branch != repository.line("default_branch"):
        return Reading()
    name, workflow = repository.needed("full_name"), run.needed("name")
    over = told.line("action") == "completed"
    state = _CONCLUSIONS.get(run.line("conclusion")) if over else "started"
    if state is None:
        return Reading()
    at = run.moment("updated_at") or message.at
    changes = [
        Change(
            dedup_key=key_of("run", name, run.needed("id"), run.line("run_attempt")),
            kind="workflow",
            title=f"{name}: {workflow}",
            state=state,
            at=at,
            service=settings.service_of(name),
            version=run.line("head_sha")[:12],
            by=run.maybe("actor").line("login"),
            url=run.link("html_url"),
        )
    ]
    signals = [
        Signal(
            labels=texts(
                {
                    "alertname": "WorkflowFailed",
                    "repository": name,
                    "workflow": workflow,
                    "branch": branch,
                    "service": settings.service_of(name),
                    "severity": "warning",
                }
            ),
            annotations=texts(
                {"summary": f"{workflow} of {name} failed", "title": run.line("display_title")}
            ),
            resolved=state == "succeeded",
            starts_at=at if state == "failed" else None,
            ends_at=at if state == "succeeded" else None,
            url=run.link("html_url"),
            dedup_key=key_of("workflow", name, run.line("workflow_id") or workflow, branch),
            flags=tuple(sorted(told.flags)),
        )
    ]
    return Reading(
        signals=signals if as_alert(settings.workflow_runs) and state in ("failed", "succeeded") else (),
        changes=changes if as_change(settings.workflow_runs) else (),
    )
