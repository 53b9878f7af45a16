"""Which verbs does an action know? A file of `kinds/` that holds a toolbox is a set of verbs on one thing.

In a runbook a verb is named by its file and itself, and given a map: `docker.restart: {service: api}`. A verb is a
frozen model: its fields are its arguments, checked before anything happens; it declares its level, says in one sentence
what it would do, and knows what undoes it. `${NAME}` in a text is filled in after the YAML was read, so a value stays
data whatever it holds.

To run one, a step hands over `Call(action="docker.restart", arguments={…}, values=…, level=…)` to the action that
`find` gives; the level that was approved is a border: values that make the verb stronger than that are refused.
"""

from __future__ import annotations

import functools
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, Field, ValidationError

from tocsin.act.actions.action import Action, Call, CannotRun, Result
from tocsin.act.guard import Level, Reason, Verdict, action_block_level, action_level, highest
from tocsin.ground.kernel import yaml
from tocsin.ground.kernel.extensions import discover
from tocsin.ground.kernel.outbound import OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret, reveal, scrub
from tocsin.ground.kernel.settings import Settings

FOLDER = "tocsin.act.actions.kinds"
GROUP = "tocsin.actions"
ROWS = 1_000
"""So many rows stand in `rows` of a condition; all of them are printed."""
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)
_PARTS = re.compile(r"[A-Z][a-z0-9]*", re.ASCII)
_LONGEST = 50_000


def _word(value: str) -> str:
    if value.startswith("-"):
        raise ValueError("does not begin with a dash, which would make it an option")
    if not value.isprintable():
        raise ValueError("holds a control character")
    return value


Word = Annotated[str, Field(min_length=1, max_length=1_024), AfterValidator(_word)]
"""A name that is handed to a program or put into an address: never empty, an option, or more than one line."""


class Verb(Settings):
    """The arguments of one verb. `level` is what it usually is; `level_of` where that depends on the arguments."""

    title: ClassVar[str]
    level: ClassVar[Level]
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    """Arguments that are valid as they stand: shown in the reference, read by the contract tests."""
    idempotent: ClassVar[bool] = False
    """Whether doing it twice is as good as once: then it runs again after a crash."""
    quoted: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    """How a value is quoted that fills a part of a field, where the field is a pattern or the like, by field."""
    verbatim: ClassVar[frozenset[str]] = frozenset()
    """Fields, at any depth, that nothing is filled into: what runs them gives them the values in its own way."""

    def level_of(self) -> Level:
        """The level with these arguments."""
        return type(self).level

    @abstractmethod
    def plan(self) -> str:
        """What it will do, in one sentence without values of the target."""

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        """The verb of the same toolbox that takes it back, and its arguments; None where nothing does."""
        return None

    @classmethod
    def named(cls) -> str:
        """Its name in a runbook: `RollOut` → `roll_out`."""
        return "_".join(_PARTS.findall(cls.__name__)).lower()


class Toolbox(Action):
    """An action of several verbs."""

    verbs: ClassVar[tuple[type[Verb], ...]]

    @abstractmethod
    def act(self, verb: Verb, call: Call) -> Result:
        """Does it. `call.target` is the target that the step names. Raises CannotRun where it did not even begin;
        OutboundRefused and OutboundFailed may pass through.
        """

    def run(self, call: Call) -> Result:
        verb = self.verb_of(call)
        try:
            return self.act(verb, call)
        except OutboundRefused as error:
            raise CannotRun(error.message, fix=error.fix) from error
        except OutboundFailed as error:
            why = scrub(error.message)
            call.err.write_text(f"{why}\n", encoding="utf-8")
            return Result(well=False, why=why)

    def plan(self, call: Call) -> str:
        return self.verb_of(call).plan()

    def verb_of(self, call: Call) -> Verb:
        """The verb with its values filled in. Raises CannotRun for what is wrong, or stronger than was approved."""
        found = verb_named(type(self), call.action)
        filled = fill(call.arguments, {**call.values, **call.environment}, found.quoted, found.verbatim)
        verb = _read(found, call.action, filled)
        level = verb.level_of()
        if highest((level, cast("Level", call.level))) != call.level:
            raise CannotRun(
                f"{call.action} is {level} with these values, and {call.level} was permitted",
                fix="Write the values that make it so into the runbook itself.",
            )
        return verb

    def verdict(self, text: str) -> Verdict | None:
        told = block(text)
        return _declared(type(self), *told) if told else None


def verb_named(toolbox: type[Toolbox], name: str) -> type[Verb]:
    """The verb of `docker.restart` in its toolbox. Raises CannotRun with the names that there are."""
    wanted = name.rpartition(".")[2]
    for verb in toolbox.verbs:
        if verb.named() == wanted:
            return verb
    known = ", ".join(each.named() for each in toolbox.verbs)
    raise CannotRun(f"there is no action {name}", fix=f"It knows {known}.")


def find(actions: Mapping[str, Action], name: str) -> Toolbox:
    """The toolbox of an action's name (`docker.restart` → docker). Raises CannotRun where there is none."""
    kind, dot, _ = name.partition(".")
    found = actions.get(kind)
    if not dot or not isinstance(found, Toolbox):
        known = ", ".join(kind for kind, each in actions.items() if isinstance(each, Toolbox))
        raise CannotRun(f"there is no action {name}", fix=f"Write NAME.VERB; there are {known}.")
    verb_named(type(found), name)
    return found


@functools.cache
def toolboxes() -> Mapping[str, type[Toolbox]]:
    """The folder is the list: every toolbox by its name."""
    found = discover(FOLDER, Action, GROUP)
    return {name: each for name, each in found.items() if issubclass(each, Toolbox)}


def verdict_on(name: str, arguments: Mapping[str, Any]) -> Verdict:
    """The verdict on an action as written: as it declares itself, else by the words of its name.

    Arguments that are wrong are told when it is planned or run; the level is then the verb's own. `${NAME}` may stand
    where a value will be.
    """
    toolbox = toolboxes().get(name.partition(".")[0])
    return (_declared(toolbox, name, arguments) if toolbox else None) or action_level(name)


def verdict_on_block(text: str) -> Verdict:
    """The verdict on an `action` block as written; what cannot be read is *destroy*."""
    told = block(text)
    return verdict_on(*told) if told else action_block_level(text)


def problem(name: str, arguments: Mapping[str, Any]) -> CannotRun | None:
    """What is wrong with an action as written; a field that `${NAME}` fills is not looked at yet."""
    try:
        check(name, arguments)
    except CannotRun as error:
        told = arguments.get(error.field.partition(".")[0])
        return None if told is not None and _PLACEHOLDER.search(str(told)) else error
    return None


def _declared(toolbox: type[Toolbox], name: str, arguments: Mapping[str, Any]) -> Verdict | None:
    try:
        found = verb_named(toolbox, name)
    except CannotRun:
        return None
    try:
        verb = found.model_validate(dict(arguments))
        level, why = verb.level_of(), verb.plan()
    except ValidationError:
        level, why = found.level, found.title
    return Verdict.of([Reason(part=name, level=level, why=why)])


def block(text: str) -> tuple[str, Mapping[str, Any]] | None:
    """`docker.restart: {service: api}` → its name and its arguments; None for what is no such map."""
    data: Any = yaml.read(text).data if len(text) <= _LONGEST else None
    if isinstance(data, str):
        return data, {}
    if not isinstance(data, dict) or len(cast("dict[str, Any]", data)) != 1:
        return None
    [(name, given)] = cast("dict[str, Any]", data).items()
    if given is not None and not isinstance(given, dict):
        return None
    return name, cast("dict[str, Any]", given or {})


def check(name: str, arguments: Mapping[str, Any]) -> Verb:
    """The verb of an action by name with these arguments. Raises CannotRun that says what to put right."""
    toolbox = toolboxes().get(name.partition(".")[0])
    if toolbox is None:
        raise CannotRun(f"there is no action {name}", fix=f"There are {', '.join(toolboxes())}.")
    return _read(verb_named(toolbox, name), name, arguments)


def _read(verb: type[Verb], name: str, arguments: Mapping[str, Any]) -> Verb:
    try:
        return verb.model_validate(dict(arguments))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)
        # A misspelt name explains a missing one, and not the other way round.
        first = next((each for each in mistakes if each["type"] == "extra_forbidden"), mistakes[0])
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        known = ", ".join(verb.model_fields) or "nothing"
        raise CannotRun(
            f"{name}: {field + ': ' if field else ''}{message}", field=field, fix=f"It takes {known}."
        ) from None


def fill(
    arguments: Mapping[str, Any],
    values: Mapping[str, str],
    quoted: Mapping[str, Callable[[str], str]] | None = None,
    verbatim: Collection[str] = (),
) -> dict[str, Any]:
    """The arguments with `${NAME}` in each text filled in. Raises CannotRun for a value that nobody gave."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise CannotRun(f"{name} has no value", field=name)
        if "\0" in values[name]:
            raise CannotRun(f"the value of {name} holds a NUL byte", field=name)
        return values[name]

    def filled(node: Any, quote: Callable[[str], str]) -> Any:
        match node:
            case str():
                return _PLACEHOLDER.sub(lambda found: quote(value(found)), node)
            case list():
                return [filled(each, quote) for each in node]  # pyright: ignore[reportUnknownVariableType] - parsed YAML
            case dict():
                return {key: each if key in verbatim else filled(each, quote) for key, each in node.items()}  # pyright: ignore[reportUnknownVariableType] - parsed YAML
            case _:
                return node

    return {
        name: each if name in verbatim else filled(each, (quoted or {}).get(name, str))
        for name, each in arguments.items()
    }


def setting(call: Call, name: str, default: str | None = None) -> str:
    """A text of the step's target, a secret read now. Raises CannotRun where it is absent and has no default."""
    found = call.target.get(name)
    if found is None or found == "":
        if default is None:
            named = f"the target has no `{name}`" if call.target else "this step names no target"
            raise CannotRun(named, fix=f"Name a target of the service that has `{name}` (`On: NAME`).")
        return default
    return reveal(found) if isinstance(found, Secret) else str(found)


def tell(
    call: Call, rows: Iterable[Mapping[str, Any]], *, well: bool = True, why: str = "", ms: float = 0.0
) -> Result:
    """Prints rows as JSON, one a line, and gives the result with them; of a single row a condition sees `json` too."""
    kept: list[dict[str, Any]] = []
    with call.out.open("a", encoding="utf-8") as out:
        for row in rows:
            plain = dict(row)
            out.write(json.dumps(plain, ensure_ascii=False, default=str) + "\n")
            if len(kept) < ROWS:
                kept.append(plain)
    return Result(well=well, why=why, rows=tuple(kept), ms=ms)
