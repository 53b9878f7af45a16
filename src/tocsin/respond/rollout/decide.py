"""How is the service brought back? The recommendation, with its reasons and with what spoke against the others.

A pure function over what is known. Its order: for a critical incident the safest quick ways in their own order (a roll
back before a restart, though it takes longer); then what cures the cause, the quickest first; else a hotfix. A way that
loses data or is risky is never recommended to a critical incident as long as another one fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import format_duration
from tocsin.ground.timeline import reason
from tocsin.respond.rollout.strategy import NAMES, STANDARD, URGENT, Name, Strategy

_CURES = N_("cures this cause")
_NOT_FOR = N_("is not known to cure this cause")
_CAUSE_UNKNOWN = N_("nobody knows the cause yet")
_IN_WINDOW = reason(N_("deployed {ago} ago, within {window}"))
_BEYOND_WINDOW = reason(
    N_("the last deploy was {ago} ago: more than {window}, so more may hang on it by now")
)
_NO_DEPLOY = N_("no deploy of this service is known")
_KNOWN_GOOD = reason(N_("{version} is known to be stable"))
_SAFEST = N_("in a critical incident the safest quick way comes first")
_QUICKEST = N_("the quickest that cures it")
_DEFAULT = N_("nothing quicker is known to cure it")
_MAY_LOSE = N_("data may be lost by it")
_RISKY = {"medium": N_("its risk is medium"), "high": N_("its risk is high")}
_SLOWER = reason(N_("takes {time} instead of {less}"))
_LATER = N_("quicker, but not as sure as a version that is known to have worked")
_UNWRITTEN = N_("Tocsin does not know how: it is done by hand")
_HOLDS = reason(N_("its condition holds: {options}"))
_NO_OPTION = N_("no option's condition holds")
_ONLY_EASES = N_("keeps something running and cures nothing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What is known of one outage. Times are lengths; a text that is empty is not known.

    `no_target` says why there is no version to go back to; `at_risk` why a roll back may lose data; `options` are
    the titles of degrade options whose condition holds; `measured` is the median of seconds that a strategy took on
    this service before, with how often.
    """

    urgent: bool
    cause: str = ""
    deployed: timedelta | None = None
    window: timedelta = timedelta(hours=1)
    target: str = ""
    no_target: str = ""
    at_risk: str = ""
    options: tuple[str, ...] = ()
    ways: frozenset[str] = frozenset()
    measured: Mapping[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One strategy in this situation. `why` speaks for it, `against` against it. `times` measured it; 0: the table."""

    name: Name
    strategy: Strategy
    fits: bool
    seconds: float
    times: int
    data_loss: bool
    why: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return self.strategy.risk == "low" and not self.data_loss


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """`chosen` is recommended; `others` in the order in which they would come; `meanwhile` eases it until then."""

    chosen: Judged
    others: tuple[Judged, ...]
    meanwhile: Judged | None = None

    @property
    def all(self) -> tuple[Judged, ...]:
        return (self.chosen, *self.others)


def decide(
    situation: Situation,
    table: Mapping[Name, Strategy] = STANDARD,
    urgent: tuple[Name, ...] = URGENT,
) -> Advice:
    """What to do about it, and why not something else."""
    judged = {name: _judge(name, table[name], situation) for name in NAMES}
    repairs = [judged[name] for name in NAMES if name != "degrade"]
    first = [judged[name] for name in urgent if situation.urgent and _at_once(judged[name], situation)]
    by_cause = sorted(
        (each for each in repairs if each.fits),
        key=lambda each: (situation.urgent and not each.safe, each.seconds),
    )
    order = list(dict.fromkeys(each.name for each in (*first, *by_cause)))
    chosen = judged[order[0]] if order else judged["hotfix"]
    chosen = _for(chosen, _SAFEST if first else _QUICKEST if order else _DEFAULT)
    rest = [name for name in (*order, *NAMES) if name != chosen.name]
    others = tuple(_beside(judged[name], chosen, in_order=name in order) for name in dict.fromkeys(rest))
    eases = judged["degrade"]
    quicker = eases.fits and eases.seconds < chosen.seconds
    return Advice(chosen=chosen, others=others, meanwhile=eases if quicker else None)


def _at_once(judged: Judged, situation: Situation) -> bool:
    """May a critical incident take it before all else?"""
    fresh = situation.deployed is not None and situation.deployed < situation.window
    return judged.fits and judged.safe and (judged.name != "rollback" or fresh)


def _judge(name: Name, strategy: Strategy, situation: Situation) -> Judged:
    seconds, times = situation.measured.get(name, (strategy.seconds, 0))
    why: list[str] = []
    against: list[str] = []
    data_loss = strategy.data_loss
    cures = situation.cause in strategy.causes
    if name == "degrade":
        cures = bool(situation.options)
        (why if cures else against).append(
            _HOLDS(options=", ".join(situation.options)) if cures else _NO_OPTION
        )
        against.append(_ONLY_EASES)
    elif cures:
        why.append(_CURES)
    else:
        against.append(_NOT_FOR if situation.cause else _CAUSE_UNKNOWN)
    if name == "rollback":
        cures = bool(situation.target) and cures
        why += [_KNOWN_GOOD(version=situation.target)] if situation.target else []
        against += [situation.no_target] if situation.no_target else []
        _weigh_deploy(situation, why, against)
        data_loss = data_loss or bool(situation.at_risk)
        against += [situation.at_risk] if situation.at_risk else []
    if data_loss and not (name == "rollback" and situation.at_risk):
        against.append(_MAY_LOSE)
    if strategy.risk != "low":
        against.append(_RISKY[strategy.risk])
    if name != "hotfix" and name not in situation.ways:
        against.append(_UNWRITTEN)
    return Judged(
        name=name,
        strategy=strategy,
        fits=cures,
        seconds=seconds,
        times=times,
        data_loss=data_loss,
        why=tuple(why),
        against=tuple(against),
    )


def _weigh_deploy(situation: Situation, why: list[str], against: list[str]) -> None:
    if situation.deployed is None:
        against.append(_NO_DEPLOY)
        return
    told = {"ago": format_duration(_minutes(situation.deployed)), "window": format_duration(situation.window)}
    if situation.deployed < situation.window:
        why.append(_IN_WINDOW(**told))
    else:
        against.append(_BEYOND_WINDOW(**told))


def _minutes(value: timedelta) -> timedelta:
    """As people say it: whole minutes beyond the first."""
    seconds = max(0, round(value.total_seconds()))
    return timedelta(seconds=seconds if seconds < 60 else seconds // 60 * 60)


def _for(judged: Judged, why: str) -> Judged:
    return replace(judged, why=(why, *judged.why))


def _beside(judged: Judged, chosen: Judged, *, in_order: bool) -> Judged:
    """What speaks against another one, now that one is chosen: it fits as well, but comes later."""
    if not in_order:
        return judged
    against = _LATER
    if judged.seconds > chosen.seconds:
        against = _SLOWER(time=_told(judged.seconds), less=_told(chosen.seconds))
    return replace(judged, against=(against, *judged.against))


def _told(seconds: float) -> str:
    return format_duration(timedelta(seconds=round(seconds)))
