"""What a target can be asked is what its toolbox can read without being told more than the target says."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tocsin.act.actions.action import Call, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, setting, tell
from tocsin.act.guard import Level
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.outbound import Outbound
from tocsin.respond.diagnosis.collector import Inquiry
from tocsin.respond.diagnosis.targets import of_targets


class Info(Verb):
    title = "Information"
    level = "read"
    examples = ({},)

    def plan(self) -> str:
        return "Reads."


class Logs(Info):
    title = "Logs"
    service: str


class Depth(Info):
    title = "Depth"
    queue: str
    purge: bool = False


class Sometimes(Info):
    title = "Depends"
    force: bool = True

    def level_of(self) -> Level:
        return "change" if self.force else "read"


class Restart(Info):
    title = "Restart"
    level = "change"


class Stack(Toolbox):
    title = "Stack"
    verbs: ClassVar = (Info, Logs, Depth, Sometimes, Restart)

    def act(self, verb: Verb, call: Call) -> Result:
        word = setting(call, "word")
        return tell(
            call, [{"verb": verb.named(), **verb.model_dump(), "level": call.level, "password": word}]
        )


def test_every_reading_verb_whose_needs_are_met_is_asked_and_no_other(tmp_path: Path):
    stack = {"kind": "stack", "service": "api", "word": "open-sesame-9"}
    service = Service.model_validate({"targets": {"prod": stack, "other": {"kind": "unheard-of"}}})
    collectors = list(of_targets(service, {"stack": Stack(Outbound())}))
    assert [(each.key, each.title, each.source) for each in collectors] == [
        ("prod.info", "Information", "prod"),
        ("prod.logs", "Logs", "prod"),
    ]
    ask = collectors[1].ask
    assert ask is not None
    answer = ask(Inquiry(folder=tmp_path / "logs", timeout_s=5))
    assert (answer.ok, answer.said) == (True, "")
    assert '"service": "api"' in answer.text
    assert '"level": "read"' in answer.text
    assert "open-sesame-9" not in answer.text


def test_a_target_that_lacks_what_is_needed_says_so(tmp_path: Path):
    service = Service.model_validate({"targets": {"prod": {"kind": "stack"}}})
    (info,) = of_targets(service, {"stack": Stack(Outbound())})
    assert info.key == "prod.info"
