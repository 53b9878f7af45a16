"""What do programs do to many machines at once: ansible, salt?"""

from __future__ import annotations

from tocsin.act.guard.names import names
from tocsin.act.guard.programs.call import Call, Judge
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word

_ANSIBLE_RUNS = names(
    "shell command raw script ansible.builtin.shell ansible.builtin.command ansible.builtin.raw expect"
)
_ANSIBLE_LOOKS = names(
    "ping setup debug stat find slurp fetch gather_facts getent service_facts package_facts assert win_ping"
)


def _ansible(call: Call) -> list[Reason]:
    modules = [each.text.removeprefix("ansible.builtin.") for each in call.values("-m", "--module-name")] or [
        "command"
    ]
    given = call.values("-a", "--args")
    if any(each in _ANSIBLE_RUNS for each in modules):
        return [reason for each in given for reason in call.code(each)] or [
            call.reason("change", "runs something that is not looked into")
        ]
    if all(each in _ANSIBLE_LOOKS for each in modules):
        return [call.reason("read", "asks the machines")]
    if any("state=absent" in each.text or destroys(each.text.partition("=")[0]) for each in given):
        return [
            call.reason(
                "destroy", "removes something on many machines", "--check --diff shows what would change"
            )
        ]
    return [call.reason("change", "changes many machines", "--check --diff shows what would change")]


def _salt(call: Call) -> list[Reason]:
    plain = call.plain
    function = plain[1].text if len(plain) > 1 else ""
    if function in ("cmd.run", "cmd.shell", "cmd.run_all", "cmd.script") and len(plain) > 2:
        return call.code(Word(" ".join(each.text for each in plain[2:]), plain[2].fixed))
    if function.startswith(("test.", "grains.", "status.", "disk.", "network.")):
        return [call.reason("read", "asks the machines")]
    if destroys(function):
        return [
            call.reason("destroy", "removes something on many machines", "test=True shows what would change")
        ]
    return [call.reason("change", "changes many machines", "test=True shows what would change")]


JUDGES: dict[str, Judge] = {"ansible": _ansible, "salt": _salt}
