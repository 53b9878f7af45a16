"""How does a message look as a mail? One calm card: what is broken, what is known, one button.

Mail readers keep little: styles stand at each element, tables carry the layout, and a style element that some of them
drop only adds the dark colours. Nothing is loaded from anywhere, and every text is escaped.
"""

from __future__ import annotations

import html

from tocsin.act.notify.message import Message, one_line
from tocsin.ground.i18n import N_, translate

_OPEN_INCIDENT = N_("Open the incident")
_BY_HAND = N_("If the button does not work, open this address:")
_SENT_BY = N_("Sent by Tocsin")

_FONT = "system-ui,-apple-system,'Segoe UI','PingFang TC','Microsoft JhengHei',Roboto,sans-serif"
_CALM = "#5f6b7a"
_ACCENTS = {"P0": "#b3261e", "P1": "#c2570c", "P2": "#8a6100", "P3": "#2457a7"}
_DARK = (
    "@media (prefers-color-scheme:dark){"
    ".t-back{background:#101318!important}"
    ".t-card{background:#191d24!important;border-left-color:#2c333d!important;"
    "border-right-color:#2c333d!important;border-bottom-color:#2c333d!important}"
    ".t-text{color:#e6e9ee!important}"
    ".t-soft{color:#a3adba!important}"
    ".t-line{border-color:#2c333d!important}"
    ".t-button{background:#a8c7fa!important;color:#062e6f!important}"
    ".t-link{color:#a8c7fa!important}}"
)


def page(message: Message) -> str:
    """The HTML part. The same words as in the text part, and the same links."""
    subject = html.escape(one_line(message.subject))
    language = html.escape(message.language.replace("_", "-"))
    accent = _ACCENTS.get(message.severity, _CALM)
    preview = html.escape(message.shown[0]) if message.shown else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{subject}</title><style>:root{{color-scheme:light dark}}{_DARK}</style></head>"
        f'<body class="t-back" style="margin:0;padding:0;background:#f3f5f8;font-family:{_FONT}">'
        f'<div style="display:none;max-height:0;overflow:hidden;opacity:0">{preview}</div>'
        '<table role="presentation" class="t-back" width="100%" cellpadding="0" cellspacing="0" border="0"'
        ' style="background:#f3f5f8"><tr><td align="center" style="padding:32px 16px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="t-card"'
        f' style="max-width:600px;background:#ffffff;border:1px solid #e2e6ec;border-top:4px solid {accent};'
        'border-radius:12px"><tr><td style="padding:28px 32px 32px">'
        f"{_overline(message)}"
        f'<h1 class="t-text" style="margin:0 0 20px;font-size:22px;line-height:1.35;font-weight:650;color:#161b22;'
        f'word-break:break-word">{subject}</h1>{_lines(message)}{_buttons(message)}</td></tr></table>'
        f'<p class="t-soft" style="margin:20px 0 0;font-size:13px;line-height:1.5;color:{_CALM}">'
        f"{html.escape(translate(message.language, _SENT_BY))}</p></td></tr></table></body></html>"
    )


def _overline(message: Message) -> str:
    parts = [html.escape(one_line(each)) for each in (message.severity, message.incident) if each]
    if not parts:
        return ""
    return (
        f'<p class="t-soft" style="margin:0 0 8px;font-size:13px;line-height:1.4;letter-spacing:.02em;'
        f'color:{_CALM}">{" · ".join(parts)}</p>'
    )


def _lines(message: Message) -> str:
    rows = [
        f'<p class="t-text t-line" style="margin:0;padding:9px 0;border-top:1px solid #edf0f4;font-size:16px;'
        f'line-height:1.5;color:#2a313b;word-break:break-word">{html.escape(line)}</p>'
        for line in message.shown
        if line
    ]
    return f'<div style="margin:0">{"".join(rows)}</div>'


def _buttons(message: Message) -> str:
    if not message.link:
        return ""
    link = html.escape(message.link)
    made = (
        f'<p style="margin:28px 0 0"><a href="{link}" class="t-button" style="display:inline-block;'
        "background:#0b57d0;color:#ffffff;padding:14px 28px;border-radius:10px;font-size:16px;line-height:1.2;"
        f'font-weight:600;text-decoration:none">{html.escape(message.link_label)}</a></p>'
    )
    if message.page_link and message.page_link != message.link:
        label = html.escape(translate(message.language, _OPEN_INCIDENT))
        made += (
            f'<p style="margin:16px 0 0;font-size:15px;line-height:1.5"><a href="{html.escape(message.page_link)}"'
            f' class="t-link" style="color:#0b57d0">{label}</a></p>'
        )
    by_hand = html.escape(translate(message.language, _BY_HAND))
    return (
        f'{made}<p class="t-soft" style="margin:24px 0 0;font-size:13px;line-height:1.5;color:{_CALM};'
        f'word-break:break-all">{by_hand}<br>{link}</p>'
    )
