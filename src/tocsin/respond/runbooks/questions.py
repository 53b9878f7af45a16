"""What do the runbooks of a service in trouble ask, and which causes do they know? For a diagnosis, which asks at once.

Asked are the steps of their diagnosis that only read and whose values are known. What a person has to look at is listed
with it, and so is what lacks a value. A runbook that fits less well adds nothing but noise: the best three are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tocsin.act.actions.action import Action, Call, CannotRun, Result
from tocsin.act.targets.section import given
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.secret import reveal
from tocsin.respond.diagnosis.act import ask
from tocsin.respond.diagnosis.case import BookCause, Case
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry
from tocsin.respond.diagnosis.keys import key_of
from tocsin.respond.runbooks.document import Document, Step
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.plan import PlannedStep, plan_of
from tocsin.respond.runbooks.values import Values, resolve
from tocsin.respond.runbooks.verification import judge

_BOOKS = 3
_NOWHERE = Path()
_KINDS = {"bash": "shell"}
_CHANGES = N_("it would change something: a run asks for it")


class Questions:
    """Reads them from the library for each case."""

    def __init__(self, library: Library, actions: Mapping[str, Action]) -> None:
        self._library = library
        self._actions = actions

    def causes(self, case: Case) -> Sequence[BookCause]:
        """The known causes, in the order of their pages."""
        return [
            BookCause(
                name=cause.name,
                runbook=document.path,
                title=document.title,
                line=cause.line,
                symptom=cause.symptom,
                match=cause.match,
                fix=cause.fix or cause.root_cause,
            )
            for document in self._documents(case)
            for cause in document.causes
        ]

    def collectors(self, case: Case) -> Iterator[Collector]:
        """Each question once, though two runbooks ask it."""
        asked: set[tuple[str, str]] = set()
        labels = case.alerts[0].labels if case.alerts else {}
        for document in self._documents(case):
            values = resolve(plan_of(document), document.inputs, {}, labels, case.settings)
            for step in document.diagnosis:
                told = (step.kind, step.text)
                if step.kind != "reference" and told not in asked:
                    asked.add(told)
                    yield self._collector(case, document, step, values)

    def _documents(self, case: Case) -> list[Document]:
        first = case.alerts[0] if case.alerts else None
        return self._library.matching(
            case.service,
            case.settings,
            alert_name=first.name if first else case.title,
            labels=first.labels if first else {},
            annotations=first.annotations if first else {},
            severity=case.severity,
            measured=case.measured,
        )[:_BOOKS]

    def _collector(self, case: Case, document: Document, step: Step, values: Values) -> Collector:
        hint = step.verdict_text or step.expect_text or ""
        asking = None
        if step.level != "read":
            hint = f"{hint} ({_CHANGES})" if hint else _CHANGES
        elif not step.by_hand:
            asking = self._asking(case, step, values)
        return Collector(
            key=key_of(document.path.rpartition("/")[2].removesuffix(".md"), step.id),
            title=step.title,
            kind="runbook" if asking else "by_hand",
            source=document.path,
            hint=hint,
            ask=asking,
        )

    def _asking(self, case: Case, step: Step, values: Values) -> Callable[[Inquiry], Collected]:
        planned = PlannedStep.of(step, step.id)

        def well(result: Result, call: Call) -> tuple[bool, str]:
            verdict = judge(planned, result, result.variables(call.out, call.err))
            return verdict.ok, verdict.why

        def asking(inquiry: Inquiry) -> Collected:
            return ask(self._action(step), self._call(case, step, values), inquiry, well)

        return asking

    def _action(self, step: Step) -> Action:
        name = (step.action or "").partition(".")[0] if step.kind == "action" else step.kind
        found = self._actions.get(_KINDS.get(name, name))
        if found is None:
            raise CannotRun(f"Tocsin knows no action {step.action or step.kind}")
        return found

    def _call(self, case: Case, step: Step, values: Values) -> Call:
        service = case.settings
        missing = [
            each for each in step.inputs if each not in values.known and each not in service.environment
        ]
        if missing:
            raise CannotRun(
                f"{', '.join(missing)} has no value",
                fix="Put it under environment: of the service, or give the input a default.",
            )
        target = service.targets.get(step.on) if step.on else None
        return Call(
            text=step.text,
            action=step.action or "",
            arguments=step.arguments,
            folder=_NOWHERE,
            timeout_s=step.timeout_s,
            language=step.language,
            level="read",
            values={name: values.known[name] for name in step.inputs if name in values.known},
            hostile=values.hostile,
            environment={name: reveal(value) for name, value in service.environment.items()},
            target=given(target) if target else {},
            streams=step.streams,
        )
