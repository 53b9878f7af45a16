"""One look at something that should be well, as a check of a service looks at it.

The verbs are the probes that ask over the network, and their arguments are those of a check without its name and its
`users`: what stands there of `expect` and `value` holds here too. The step goes well if the look does; of what was
found a condition sees `json`: `ok`, `text`, `value`, `ms`.

A secret is a variable of the service's `environment:`, given as `${NAME}`; a reference such as `env:NAME` is refused
here. Values that come from an alert fill nothing: they must not choose whom Tocsin asks.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast

from pydantic import ValidationError, create_model, model_validator

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, tell
from tocsin.act.checks import CheckSettings, Probe, kinds, run_round
from tocsin.act.guard import Level
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.secret import scrub

_OF_A_CHECK = frozenset({"name", "kind", "users"})
_REFERENCES = ("env:", "file:")


class _Look(Verb):
    """A probe as a verb. Its fields are the settings of the probe, which judges them."""

    title = N_("One look")
    level = "read"
    idempotent = True
    verbatim = frozenset({"expect", "value", "query"})
    probe: ClassVar[type[Probe[Any]]]

    @model_validator(mode="before")
    @classmethod
    def _no_reference(cls, given: Any) -> Any:
        """Whoever may run a step does not read every secret of the server by it."""
        if _refers(given):
            raise ValueError("write a secret as ${NAME}, a variable of the service's environment")
        return given

    @model_validator(mode="after")
    def _as_its_check(self) -> _Look:
        self.settings()
        return self

    def settings(self, within_s: float | None = None) -> CheckSettings:
        """As the probe takes them, with no more time than the step has."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if within_s is not None:
            told["timeout"] = min(getattr(self, "timeout"), timedelta(seconds=within_s))  # noqa: B009 - a made field
        return self.probe.Settings.model_validate({**told, "name": self.named(), "kind": self.named()})

    def level_of(self) -> Level:
        return self.probe.level(self.settings())

    def plan(self) -> str:
        return f"Looks once: {self.probe.title}."


def _refers(node: Any) -> bool:
    match node:
        case str():
            return node.strip().startswith(_REFERENCES)
        case dict():
            return any(_refers(each) for each in cast("Mapping[str, Any]", node).values())
        case list() | tuple():
            return any(_refers(each) for each in cast("list[Any]", node))
        case _:
            return False


def _verb(kind: str, probe: type[Probe[Any]]) -> type[Verb]:
    """The verb of a probe: what its settings are, but for what a check alone has."""
    fields: dict[str, Any] = {
        name: (field.rebuild_annotation(), field)
        for name, field in probe.Settings.model_fields.items()
        if name not in _OF_A_CHECK
    }
    about = inspect.cleandoc(sys.modules[probe.__module__].__doc__ or "").partition("\n\n")[0]
    name = "".join(word.capitalize() for word in kind.split("_"))
    made = create_model(name, __base__=_Look, __module__=__name__, __doc__=about, **fields)
    made.title = probe.title
    made.probe = probe
    told = ({key: each for key, each in one.items() if key not in _OF_A_CHECK} for one in probe.examples)
    made.examples = tuple(each for each in told if not _refers(each))
    return made


class Check(Toolbox):
    title = N_("One look")
    verbs: ClassVar[tuple[type[Verb], ...]] = tuple(
        _verb(kind, probe) for kind, probe in kinds().items() if probe.by_step
    )

    def act(self, verb: Verb, call: Call) -> Result:
        assert isinstance(verb, _Look)
        strange = call.hostile - set(call.environment)
        named = next((name for name in strange if f"${{{name}}}" in str(call.arguments)), "")
        if named:
            raise CannotRun(
                f"{named} comes from an alert and fills nothing here",
                field=named,
                fix="Ask with an http step, which then reaches public addresses only, or write the address.",
            )
        try:
            settings = verb.settings(call.timeout_s)
        except ValidationError as error:
            raise CannotRun(f"{call.action}: {error.errors()[0]['msg']}") from None
        (found,) = run_round([verb.probe(settings, self.outbound)])
        text = scrub(found.text)
        row = {"ok": found.ok, "text": text, "value": found.value, "ms": found.ms}
        return tell(call, [row], well=found.ok, why="" if found.ok else text, ms=found.ms)
