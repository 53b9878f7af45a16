"""How does a diagnosis leave the house? As one zip: an index page to read first, and each answer as a file.

The page needs nothing from anywhere: no script, no style sheet, no font. The same diagnosis gives the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from html import escape

from tocsin.ground.i18n import N_, exact, translate
from tocsin.ground.timeline import told
from tocsin.respond.diagnosis.findings import Findings
from tocsin.respond.diagnosis.store import Diagnosis, Part

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows: nothing hangs on when it was made
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;"
    "border-bottom:1px solid #8884}pre{overflow:auto;padding:.5rem;border:1px solid #8884}small{opacity:.8}"
)
_STATES = {
    "waiting": ("○", N_("not asked yet")),
    "asked": ("◐", N_("being asked")),
    "late": ("✕", N_("late")),
    "by_hand": ("–", N_("for a person")),
}
_ANSWERS = {True: ("✓", N_("well")), False: ("◆", N_("look here")), None: ("–", N_("answered"))}

Say = Callable[..., str]


def archive(diagnosis: Diagnosis, parts: Sequence[Part], language: str = "en", zone: str = "UTC") -> bytes:
    """The bundle as the bytes of a zip; texts of ours in `language`, moments in `zone`."""
    findings = Findings.from_json(diagnosis.findings)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        _put(bundle, "index.html", _index(diagnosis, findings, parts, language, zone))
        _put(bundle, "diagnosis.json", _data(diagnosis, parts))
        for part in parts:
            if part.text:
                _put(bundle, _file_of(part), f"{part.text}\n")
    return buffer.getvalue()


def mark_of(part: Part) -> tuple[str, str]:
    """The shape and the word of a part's state."""
    return _STATES.get(part.state) or _ANSWERS[part.ok]


def _put(bundle: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    bundle.writestr(info, text.encode("utf-8", "replace"))


def _file_of(part: Part) -> str:
    return f"files/{part.place:02}-{part.key}.txt"


def _data(diagnosis: Diagnosis, parts: Sequence[Part]) -> str:
    """Everything as JSON, for programs; what was shown stands in the files."""
    told = [{**asdict(each), "text": _file_of(each) if each.text else ""} for each in parts]
    return json.dumps({**asdict(diagnosis), "parts": told}, ensure_ascii=False, indent=2, default=str)


def _index(diagnosis: Diagnosis, findings: Findings, parts: Sequence[Part], language: str, zone: str) -> str:
    say = partial(translate, language)
    ours = partial(_ours, language)
    body = [
        f"<h1>{escape(say(N_('Diagnosis of {service}'), service=diagnosis.service))}</h1>",
        f"<p>{escape(exact(language, diagnosis.asked_at, zone))}"
        f"{f' · {escape(diagnosis.incident)}' if diagnosis.incident else ''} · {escape(diagnosis.id)}<br>"
        f"<small>{escape(say(N_('In trouble since {time}'), time=exact(language, diagnosis.since, zone)))}</small></p>",
        *_verdict(findings, say, ours),
        *_causes(findings, say, ours),
        *_logs(findings, say, ours),
        f"<h2>{escape(say(N_('What was asked')))}</h2>",
        f"<table><thead><tr><th>{escape(say(N_('State')))}</th><th>{escape(say(N_('Question')))}</th>"
        f"<th>{escape(say(N_('Answer')))}</th></tr></thead><tbody>",
        *(_row(each, say, ours) for each in parts),
        "</tbody></table>",
        f"<p><small>{escape(say(N_('Secrets are masked. Everything that was shown stands in the folder files.')))}"
        "</small></p>",
    ]
    return (
        f'<!doctype html>\n<html lang="{language.replace("_", "-")}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(diagnosis.service)} {escape(diagnosis.id)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _ours(language: str, text: str) -> str:
    return escape(told(text, language))


def _verdict(findings: Findings, say: Say, ours: Say) -> list[str]:
    lines: list[str] = []
    if findings.scope:
        lines.append(f"<h2>{ours(findings.scope.why)}</h2>")
        lines.append(f"<p>{ours(findings.scope.outcome)}</p>")
        lines += [f"<p>{ours(each)}</p>" for each in findings.scope.advice]
    if findings.advice:
        lines.append(f"<h2>{escape(say(N_('What to do next')))}</h2><ol>")
        lines += [f"<li>{ours(each)}</li>" for each in findings.advice]
        lines.append("</ol>")
    if findings.changes:
        lines.append(f"<h2>{escape(say(N_('What changed')))}</h2><ul>")
        lines += [
            f"<li>{escape(each.at)} · {escape(each.kind)} · {escape(each.title)} {escape(each.version)} "
            f"<small>{escape(each.state)} {escape(each.by)}</small></li>"
            for each in findings.changes
        ]
        lines.append("</ul>")
    return lines


def _causes(findings: Findings, say: Say, ours: Say) -> list[str]:
    if not findings.causes:
        return []
    return [
        f"<h2>{escape(say(N_('Known causes, the likeliest first')))}</h2><ol>",
        *(
            f"<li><b>{escape(each.name)}</b> <small>{escape(each.runbook)}</small>"
            f"{''.join(f'<br>{ours(why)}' for why in each.why)}"
            f"{f'<br><small>{escape(each.fix)}</small>' if each.fix and each.score else ''}</li>"
            for each in findings.causes
        ),
        "</ol>",
    ]


def _logs(findings: Findings, say: Say, ours: Say) -> list[str]:
    lines: list[str] = []
    for each in findings.logs:
        title = say(N_("What {source} says differently since then"), source=each.source or each.title)
        lines.append(f"<h2>{escape(title)}</h2>")
        for name, kinds in ((N_("New"), each.new), (N_("More"), each.more), (N_("Gone"), each.gone)):
            if kinds:
                rows = (
                    f"{escape(say(N_('{before} → {after} a minute'), before=one.before, after=one.after))}  "
                    f"{escape(one.sample)}"
                    for one in kinds
                )
                lines.append(f"<h3>{escape(say(name))}</h3><pre>{chr(10).join(rows)}</pre>")
    return lines


def _row(part: Part, say: Say, ours: Say) -> str:
    shape, word = mark_of(part)
    title = ours(part.title)
    named = f'<a href="{escape(_file_of(part))}">{title}</a>' if part.text else title
    return (
        f"<tr><td>{shape} {escape(say(word))}</td><td>{named}<br><small>{escape(part.source)}</small></td>"
        f"<td>{ours(part.said)}{f'<br><small>{escape(part.hint)}</small>' if part.hint else ''}</td></tr>"
    )
