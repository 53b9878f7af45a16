"""GitLab: deployments, merges, releases and pipelines.

In the settings of the project or the group, under Webhooks, add one: the URL is `https://tocsin.example.com/in/KEY`,
the secret token a long random text that Tocsin knows too; of the triggers choose deployment, push, releases and, if
wanted, pipeline events. Where GitLab offers a signing token, that is better: it proves the whole message.

    tocsin key create gitlab --service shop --set signing_token=env:GITLAB_SIGNING_TOKEN
    tocsin key create gitlab --set secret=env:GITLAB_SECRET_TOKEN --set 'services={"acme/web": "shop"}'

With `secret`, a message without it in `X-Gitlab-Token` is refused with 401; with `signing_token`, one without its right
`webhook-signature`, or older than five minutes. Changes stand on the page of an incident of their service: a deployment
with how it ended, a push to the default branch, a release. The service is the key's, else that of `services`, else the
last part of the project's path. `pipelines` says what becomes of pipelines on the default branch: `change` (as it is
without), `alert` (one that fails fires an alert which the next good one ends), `both` or `ignore`. GitLab does not look
at how we answer; a webhook that fails four times in a row is paused for a while.

The format: https://docs.gitlab.com/user/project/integrations/webhook_events/, the tokens:
https://docs.gitlab.com/user/project/integrations/webhooks/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change, State
from tocsin.sense.intake import limits
from tocsin.sense.intake.deploys import DeploySettings, Told, as_alert, as_change
from tocsin.sense.intake.document import Part, key_of, read_document, texts
from tocsin.sense.intake.signature import prove_standard, prove_token
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted

_STATES: dict[str, State] = {
    "created": "started", "waiting_for_resource": "started", "preparing": "started", "pending": "started",
    "running": "started", "scheduled": "started", "blocked": "started", "success": "succeeded", "failed": "failed",
    "canceled": "cancelled", "canceling": "cancelled",
}  # fmt: skip
_HEADS = "refs/heads/"
_DELETED = "0" * 40


class GitLabSettings(DeploySettings):
    signing_token: Secret | None = Field(default=None, description="What GitLab signs its messages with.")
    pipelines: Told = Field(default="change", description="What becomes of pipelines on the default branch.")


class GitLab(Source):
    title = "GitLab (webhook)"
    paths = ("", "/", "/webhook")
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = GitLabSettings
    examples = (
        Example(
            title="a deployment went well",
            body=b'{"object_kind": "deployment", "status": "success", "status_changed_at": "2026-11-21 10:40:00 +0200",'
            b' "deployment_id": 15, "deployable_url": "https://gitlab.example.com/acme/shop/-/jobs/796",'
            b' "environment": "production", "ref": "main", "short_sha": "279484c0", "user": {"username": "root"},'
            b' "commit_title": "Add new file", "project": {"id": 30, "path_with_namespace": "acme/shop",'
            b' "default_branch": "main", "web_url": "https://gitlab.example.com/acme/shop"}}',
            alerts=0,
            changes=1,
            path="/",
            headers=(("X-Gitlab-Event", "Deployment Hook"),),
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, GitLabSettings)
        if settings.secret:
            prove_token(message, settings.secret, header="X-Gitlab-Token")
        if settings.signing_token:
            prove_standard(message, settings.signing_token)
        told = read_document(message.payload)
        match told.needed("object_kind"):
            case "deployment":
                return Reading(changes=_deployment(told, settings, message))
            case "push":
                return Reading(changes=_push(told, settings, message))
            case "release":
                return Reading(changes=_release(told, settings, message))
            case "pipeline":
                return _pipeline(told, settings, message)
            case _:
                return Reading()

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)


def _deployment(told: Part, settings: GitLabSettings, message: Message) -> list[Change]:
    project = told.part("project")
    state = _STATES.get(told.needed("status"))
    if state is None:
        return []
    name, environment = project.needed("path_with_namespace"), told.line("environment")
    version = told.line("short_sha") or told.line("ref")
    what = told.line("commit_title") or version
    return [
        Change(
            dedup_key=key_of("deployment", name, told.needed("deployment_id")),
            kind="deploy",
            title=f"{name}: {what} to {environment}" if environment else f"{name}: {what}",
            state=state,
            at=told.moment("status_changed_at") or message.at,
            service=settings.service_of(name),
            environment=environment,
            version=version,
            by=told.maybe("user").line("username"),
            url=told.link("deployable_url") or told.link("commit_url") or project.link("web_url"),
        )
    ]


def _push(told: Part, settings: GitLabSettings, message: Message) -> list[Change]:
    """A push to the default branch, by its newest commit. GitLab does not say when, so it is when we heard of it."""
    project = told.part("project")
    branch, after = told.needed("ref").removeprefix(_HEADS), told.needed("after")
    if branch != project.line("default_branch") or after == _DELETED:
        return []
    name = project.needed("path_with_namespace")
    newest = next((each for each in reversed(told.parts("commits"))), None)
    first_line = newest.prose("message").partition("\n")[0].strip() if newest else ""
    return [
        Change(
            dedup_key=key_of("push", name, after),
            kind="merge",
            title=f"{name}: {first_line}" if first_line else f"{name}: pushed to {branch}",
            state="succeeded",
            at=message.at,
            service=settings.service_of(name),
            version=after[:12],
            by=told.line("user_username") or told.line("user_name"),
            url=newest.link("url") if newest else project.link("web_url"),
        )
    ]


def _release(told: Part, settings: GitLabSettings, message: Message) -> list[Change]:
    if told.line("action") != "create":
        return []
    project = told.part("project")
    name, tag = project.needed("path_with_namespace"), told.needed("tag")
    return [
        Change(
            dedup_key=key_of("release", name, tag),
            kind="release",
            title=f"{name}: release {told.line('name') or tag}",
            state="succeeded",
            at=told.moment("released_at") or message.at,
            service=settings.service_of(name),
            version=tag,
            url=told.link("url"),
        )
    ]


def _pipeline(told: Part, settings: GitLabSettings, message: Message) -> Reading:
    """A pipeline of the default branch. The alert is of the branch: the next good pipeline ends it."""
    project, run = told.part("project"), told.part("object_attributes")
    branch, name = run.line("ref"), project.needed("path_with_namespace")
    state = _STATES.get(run.needed("status"))
    of_branch = branch == project.line("default_branch") and run.given.get("tag") is not True
    if settings.pipelines == "ignore" or not of_branch or state is None:
        return Reading()
    number = run.needed("id")
    at = run.moment("finished_at") or run.moment("created_at") or message.at
    link = run.link("url") or f"{project.link('web_url')}/-/pipelines/{number}"
    title = run.line("name") or told.maybe("commit").line("title")
    changes = [
        Change(
            dedup_key=key_of("pipeline", name, number),
            kind="pipeline",
            title=f"{name}: {title}" if title else f"{name}: pipeline {number}",
            state=state,
            at=at,
            service=settings.service_of(name),
            version=run.line("sha")[:12],
            by=told.maybe("user").line("username"),
            url=link,
        )
    ]
    signals = [
        Signal(
            labels=texts(
                {
                    "alertname": "PipelineFailed",
                    "project": name,
                    "branch": branch,
                    "service": settings.service_of(name),
                    "severity": "warning",
                }
            ),
            annotations=texts({"summary": f"The pipeline of {name} failed on {branch}", "title": title}),
            resolved=state == "succeeded",
            starts_at=at if state == "failed" else None,
            ends_at=at if state == "succeeded" else None,
            url=link,
            dedup_key=key_of("pipeline", name, branch),
            flags=tuple(sorted(told.flags)),
        )
    ]
    return Reading(
        signals=signals if as_alert(settings.pipelines) and state in ("failed", "succeeded") else (),
        changes=changes if as_change(settings.pipelines) else (),
    )
