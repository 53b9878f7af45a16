"""What did a person write in Slack? Its markup, read as plain text, and the people it names.

docs.slack.dev/messaging/formatting-message-text: `<@U…>` a person, `<#C…|name>` a channel, `<!here>` and the like a
call, `<https://…|label>` a link; `&`, `<` and `>` of the text itself are written out.
"""

from __future__ import annotations

from collections.abc import Callable


def plain(text: str, name_of: Callable[[str], str] = lambda user: user) -> str:
    """The text as its reader sees it; `name_of` says how a person is called."""
    first, *rest = text.split("<")
    parts = [_unescaped(first)]
    for each in rest:
        inside, closed, after = each.partition(">")
        parts.append(_shown(inside, name_of) if closed else f"<{_unescaped(inside)}")
        parts.append(_unescaped(after))
    return "".join(parts)


def mentioned(word: str) -> str:
    """The id in `<@U012AB3CD|mei>`; empty for any other word."""
    if not (word.startswith("<@") and word.endswith(">")):
        return ""
    id_ = word[2:-1].partition("|")[0]
    return id_ if id_.isascii() and id_.isalnum() else ""


def _shown(inside: str, name_of: Callable[[str], str]) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return f"@{label or name_of(target[1:])}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            link, shown = _unescaped(target), _unescaped(label)
            return f"{shown} ({link})" if shown and shown != link else link


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
