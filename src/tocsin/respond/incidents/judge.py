"""What follows from the news of one alert? Held back, folded into an incident, or an incident of its own that pages.

The order is what a reader of the trace sees: 1. What holds it back (silences, maintenance windows, other alerts)? Then
it is recorded and nothing else happens until that is over. 2. Does it come and go? Then it was told already.
3. How bad is it? 4. Which open incident has it: that of its group, or in a storm that of the storm; else it opens
one. 5. Who is paged?
"""

from __future__ import annotations

from datetime import timedelta

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.catalogue import UNASSIGNED, service_of
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import fold_store, hush, lifecycle, recovery, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.group import Group, group_of
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.joined import TIMER as JOINED
from tocsin.respond.incidents.opening import escalate, open_incident
from tocsin.respond.incidents.sitting import Sitting
from tocsin.respond.incidents.storm import Storms
from tocsin.sense.alerts import Alert, AlertEvent, flap, held
from tocsin.sense.alerts.held import Held
from tocsin.sense.alerts.trace import Judgement
from tocsin.sense.severity import OTHERWISE, Decision, decide, facts_of, undecided

URGENT = ("critical", "high")
_FIRES = timeline.reason(N_("alert {name} fires while it was watched"))
_RAISED = timeline.reason(N_("Raised to {level} while you have it: alert {name}"))


def fired(sitting: Sitting, news: AlertEvent, storms: Storms, *, again: bool = False) -> None:
    """An alert began to fire; or what held it back is over, and it still does (`again`)."""
    desk, alert = sitting.desk, news.alert
    judged = sitting.judge(news)
    judged.add("received", "again" if again else "fired", source=alert.source)
    name, service = service_of(desk.services(), alert.labels)
    why = sitting.look.at(alert, name)
    if why:
        _hold(sitting, alert, why, judged)
        return
    if alert.id in sitting.held or again:
        held.release(sitting.conn, [alert.id])
    judged.add("held", "nothing")
    changes = _flaps(sitting, news, judged)
    if changes is None:
        return
    policy = desk.policies().policy(service.policy)
    group = group_of(alert, name, service, policy, judged)
    decision = decide(policy.name, policy, facts_of(alert, name, service, sitting.measured(name)))
    _tell_severity(decision, judged)
    over = None
    if not again:
        scopes = [f"service {name}"] if name != UNASSIGNED else []
        scopes += [f"key {alert.key}"] if alert.key else []
        over = storms.add(scopes, sitting.now, desk.folding().storm.alerts)
    incident = sitting.find_open(group.key)
    if incident is None and over is not None and decision.spec.incident:
        # One incident for each level of a storm: the first alert of a worse level opens one that pages at once.
        judged.add("storm", "folded", scope=over[0], alerts=over[1])
        group = Group(key=f"storm:{over[0]}:{decision.level}", spec=group.spec, titled=True)
        incident = sitting.find_open(group.key)
    if incident is None:
        incident = _open(sitting, alert, name, group, decision, judged)
    else:
        incident = _join(sitting, alert, incident, group, decision, judged)
    if incident is not None and changes:
        _begin_flapping(sitting, alert, incident, changes, judged)


def cleared(sitting: Sitting, news: AlertEvent) -> None:
    """An alert ended: when it was the last one of its incident, the service is watched."""
    desk, conn, alert = sitting.desk, sitting.conn, news.alert
    judged = sitting.judge(news)
    judged.add("received", "resolved")
    desk.folds.inhibition.end(conn, alert.id, sitting.now)
    if alert.id in sitting.held:
        held.release(conn, [alert.id])
        judged.add("held", "over")
    if alert.id in sitting.flaps:
        flap.touch(conn, alert.id, sitting.now)
        judged.add("flapping", "still")
        return
    over(sitting, alert, judged)


def over(sitting: Sitting, alert: Alert, judged: Judgement) -> None:
    """The end of an alert counts: for its incident, if one is open; `settle` follows."""
    incident = sitting.of_alert(alert.id)
    if incident is None or not incident.is_open:
        judged.add("incident", "unknown")
        return
    fold = sitting.fold(incident)
    fold.cleared += 1
    if fold.alerts <= sitting.singly:
        fold.told_cleared = fold.cleared
        sitting.line(incident, "alert.resolved", alert)
    sitting.cleared.setdefault(incident.id, []).append(judged)


def settle(sitting: Sitting) -> None:
    """At the end of a batch: are the incidents over of which alerts have cleared in it? Asked once of each."""
    desk, conn = sitting.desk, sitting.conn
    if sitting.cleared:
        sitting.settle_attached()
    for id_, judgements in sitting.cleared.items():
        incident = sitting.incident(id_)
        for judged in judgements[:-1]:
            judged.add("incident", "goes_on", incident=id_)
        if fold_store.goes_on(conn, id_):
            judgements[-1].add("incident", "goes_on", incident=id_)
            if incident.state == "triggered" and sitting.look.any:
                hush.check(desk, conn, sitting.look, id_)
        elif incident.state in ("triggered", "acknowledged"):
            fold_store.unhush(conn, id_)
            _, pages = recovery.mitigate(desk, conn, id_, N_("all its alerts have cleared"), "tocsin")
            sitting.pages += pages
            sitting.has_changed()
            judgements[-1].add("incident", "watched", incident=id_)


def acknowledged(sitting: Sitting, news: AlertEvent) -> None:
    """The sender said that somebody has it: paging stops, as if a person had acknowledged."""
    judged = sitting.judge(news)
    judged.add("received", "acknowledged")
    incident = sitting.of_alert(news.alert.id)
    if incident is None or not incident.is_open:
        judged.add("incident", "unknown")
        return
    lifecycle.acknowledge(sitting.desk, sitting.conn, incident.id, f"key:{news.alert.key}")
    sitting.has_changed()
    judged.add("incident", "acknowledged", incident=incident.id)


def failed(sitting: Sitting, news: AlertEvent, problem: str) -> None:
    """Judging failed, so nobody knows how bad it is: page as for the worst that the default policy has."""
    group = f"alert-id:{news.alert.id}"
    if news.kind != "fired" or sitting.find_open(group):
        return
    judged = sitting.judge(news)
    judged.add("incident", "failed", problem=problem[:200])
    opened = open_incident(
        sitting.desk,
        sitting.conn,
        title=news.alert.name,
        service=UNASSIGNED,
        decision=undecided(f"triage failed: {problem}"),
        group_key=group,
        source=news.alert.source,
        actor="tocsin",
        started_at=sitting.now,
    )
    sitting.attach(opened.incident, news.alert)
    sitting.pages += opened.pages
    _tell_pages(opened.pages, judged)


def title_of(annotations: dict[str, str], name: str) -> str:
    """What a person reads first: the sender's own summary, else the alert's name (INC-1)."""
    return " ".join((annotations.get("summary") or name).split())[:200] or "unnamed alert"


def _hold(sitting: Sitting, alert: Alert, why: Held, judged: Judgement) -> None:
    """It is recorded, and looked at again when what holds it back is over."""
    for silence in why.silences:
        judged.add(
            "silence",
            "held",
            id=silence.id,
            author=lifecycle.person_of(silence.created_by),
            until=silence.ends_at,
            comment=silence.comment[:200],
        )
    for window, ends_at in sitting.look.ends(why.windows):
        judged.add("maintenance", "held", id=window.id, title=window.title, until=ends_at)
    names = sitting.names_of(why.inhibited_by[:3])
    for by in why.inhibited_by[:3]:
        judged.add("inhibition", "held", alert=by, name=names.get(by, by))
    if alert.state == "firing":
        sitting.look.hold(alert.id, why)
    elif alert.id in sitting.held:
        held.release(sitting.conn, [alert.id])


def _flaps(sitting: Sitting, news: AlertEvent, judged: Judgement) -> int | None:
    """None: it comes and goes, and was told. Else how often it changed if that makes it flap from now on, or 0."""
    limits = sitting.desk.folding().flapping
    if news.alert.id in sitting.flaps:
        incident = sitting.of_alert(news.alert.id)
        flap.touch(sitting.conn, news.alert.id, sitting.now)
        judged.add("flapping", "still")
        # A person may have ended its incident: then it is new, and is told once more.
        return None if incident is not None and incident.is_open else 0
    if news.episode * 2 < limits.changes:
        return 0
    changes = flap.changes(sitting.conn, news.alert.id, sitting.now - limits.within)
    return changes if changes > limits.changes else 0


def _begin_flapping(
    sitting: Sitting, alert: Alert, incident: Incident, changes: int, judged: Judgement
) -> None:
    limits = sitting.desk.folding().flapping
    sitting.flaps[alert.id] = flap.begin(sitting.conn, alert.id, changes, sitting.now)
    sitting.desk.timers.set(sitting.conn, flap.CALM, alert.id, sitting.now + limits.calm)
    timeline.append(
        sitting.conn,
        incident.id,
        "alert.flapping",
        "tocsin",
        sitting.now,
        alert=alert.id,
        name=alert.name,
        changes=changes,
    )
    judged.add("flapping", "held", changes=changes, within=limits.within)


def _open(
    sitting: Sitting, alert: Alert, service: str, group: Group, decision: Decision, judged: Judgement
) -> Incident | None:
    if not decision.spec.incident:
        judged.add("incident", "none", level=decision.level)
        return None
    wait = timedelta() if decision.spec.urgency in URGENT else group.spec.wait
    opened = open_incident(
        sitting.desk,
        sitting.conn,
        title=title_of(alert.annotations, alert.name),
        service=service,
        decision=decision,
        group_key=group.key,
        source=alert.source,
        actor=f"key:{alert.key}" if alert.key else "tocsin",
        started_at=alert.starts_at,
        wait=wait,
    )
    sitting.has_changed()
    sitting.attach(opened.incident, alert)
    fold = sitting.fold(opened.incident)
    fold.titled = group.titled
    fold.add(alert.name)
    fold.skip()
    sitting.line(opened.incident, "alert.attached", alert)
    sitting.pages += opened.pages
    judged.add("incident", "opened", incident=opened.incident.id)
    if not decision.spec.page:
        judged.add("page", "level", level=decision.level)
    elif wait:
        judged.add("page", "waiting", until=sitting.now + wait)
    else:
        _tell_pages(opened.pages, judged)
    return opened.incident


def _join(
    sitting: Sitting, alert: Alert, incident: Incident, group: Group, decision: Decision, judged: Judgement
) -> Incident:
    desk, conn = sitting.desk, sitting.conn
    fold = sitting.fold(incident)
    new = sitting.attach(incident, alert)
    if new:
        fold.add(alert.name)
        fold.titled = fold.titled or group.titled or fold.alerts > sitting.singly
    if fold.alerts <= sitting.singly:
        fold.skip()
        sitting.line(incident, "alert.attached" if new else "alert.fired", alert)
        if fold.titled:
            store.change(conn, incident.id, title=fold.counted_title, updated_at=sitting.now)
            sitting.has_changed()
    judged.add("incident", "joined", incident=incident.id)
    pages: list[Delivery] = []
    if incident.state == "mitigated":
        changed, more = lifecycle.reopen(desk, conn, incident.id, _FIRES(name=alert.name), "tocsin")
        sitting.has_changed()
        pages += more
        judged.add("incident", "reopened", incident=incident.id)
        incident = changed
    if incident.policy == decision.policy and is_higher(
        desk, decision.policy, decision.level, incident.severity
    ):
        pages += _raise(sitting, alert, incident, decision, judged)
    if sitting.unhush(incident) and not pages:
        pages += _unhush(sitting, alert, incident)
    interval = group.spec.interval
    if new and not interval:
        fold.announced = fold.alerts
    elif new and interval and incident.state != "mitigated" and fold.announced == fold.alerts - 1:
        desk.timers.set(conn, JOINED, incident.id, sitting.now + interval)
    sitting.pages += pages
    level = desk.level(incident.policy, incident.severity)
    if pages:
        _tell_pages(tuple(pages), judged)
    elif level is not None and not level.page:
        judged.add("page", "level", level=incident.severity)
    elif incident.state == "acknowledged":
        judged.add("page", "acknowledged", person=incident.acknowledged_by or "–")
    else:
        judged.add("page", "climbing")
    return incident


def _raise(
    sitting: Sitting, alert: Alert, incident: Incident, decision: Decision, judged: Judgement
) -> tuple[Delivery, ...]:
    """The severity rises. Whoever has the incident hears of it when it becomes one that must not wait."""
    desk, conn = sitting.desk, sitting.conn
    why = f"alert {alert.name}: {decision.rule}"
    changed, pages = lifecycle.set_severity(desk, conn, incident.id, decision.level, why, "tocsin")
    sitting.has_changed()
    judged.add("incident", "raised", incident=incident.id, old=incident.severity, new=decision.level)
    if changed.state == "acknowledged" and decision.spec.page and decision.spec.urgency == "critical":
        return tuple(
            desk.escalations.page_now(
                conn,
                incident=incident.id,
                subject=changed.title,
                lines=[_RAISED(level=decision.level, name=alert.name)],
                severity=decision.level,
            )
        )
    return pages


def _unhush(sitting: Sitting, alert: Alert, incident: Incident) -> tuple[Delivery, ...]:
    timeline.append(
        sitting.conn,
        incident.id,
        "incident.unhushed",
        "tocsin",
        sitting.now,
        alert=alert.id,
        name=alert.name,
    )
    level = sitting.desk.level(incident.policy, incident.severity)
    if incident.state != "triggered" or (level is not None and not level.page):
        return ()
    return escalate(sitting.desk, sitting.conn, incident, level)


def _tell_severity(decision: Decision, judged: Judgement) -> None:
    if decision.rule == OTHERWISE:
        judged.add("severity", "fallback", level=decision.level, policy=decision.policy)
    else:
        judged.add("severity", "decided", level=decision.level, rule=decision.rule, values=decision.values)


def _tell_pages(pages: tuple[Delivery, ...], judged: Judgement) -> None:
    people = list(dict.fromkeys(each.person for each in pages if each.person))
    if people:
        judged.add("page", "paged", people=people)
    else:
        judged.add("page", "nobody")


def is_higher(desk: Desk, policy: str, one: str, other: str) -> bool:
    """Whether level `one` stands above `other` in the policy's order."""
    order = list(desk.policies().policy(policy).levels)
    return one in order and other in order and order.index(one) < order.index(other)
