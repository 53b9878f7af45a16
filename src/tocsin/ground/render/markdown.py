"""What HTML does this Markdown stand for, and nothing beyond?

CommonMark with tables, strikethrough and task lists. Raw HTML is shown as text, images become links (an image from
elsewhere is a beacon), links lead to http, https, mailto or to a path of our own. The sanitiser then lets through only
what is listed here, so that a mistake in the renderer or in a plug-in of it is still not a hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.tasklists import tasklists_plugin

_LONGEST = 1_000_000
_SCHEMES = {"http", "https", "mailto"}
_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "a"),
    *("em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td", "input", "label", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "ol": {"start"},
    "th": {"style"},
    "td": {"style"},
    "input": {"type", "checked", "disabled"},
    "div": {"class", "tabindex"},
}


def render(text: str, *, top: int = 2) -> Markup:
    """Markdown as safe HTML. Headings begin at `<h{top}>`, but never at h1, which is the page's own title.

    A text beyond a megabyte is cut there: it is a mistake or an attack, and nobody reads it during an incident.
    """
    html = _MARKDOWN.render(text[:_LONGEST].replace("\x00", ""), {"top": top})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Markup(clean)  # noqa: S704 - this is the one place where HTML is made, and it is clean


def _attribute(tag: str, name: str, value: str) -> str | None:
    match tag, name:
        case "a", "href":
            return value if _leads_somewhere_good(value) else None
        case "code", "class":
            return value if value.startswith("language-") and " " not in value else None
        case "div", "class":
            return value if value == "table" else None
        case (("th" | "td"), "style"):
            # The renderer writes alignment as a style; the strict policy of the pages forbids those.
            return None
        case "input", "type":
            return "checkbox"
        case _:
            return value


def _leads_somewhere_good(href: str) -> bool:
    """A scheme of ours, or a path on this server: not `//host`, `/\\host` or what a browser reads as such."""
    squeezed = "".join(each for each in href if each > " ").replace("\\", "/")
    if squeezed.startswith("//"):
        return False
    scheme, colon, _ = squeezed.partition(":")
    return not colon or "/" in scheme or "#" in scheme or "?" in scheme or scheme.lower() in _SCHEMES


def _heading(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    level = min(6, max(2, int(token.tag[1]) + int(env.get("top", 2)) - 1))
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    label = token.content or address
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def _table_open(*_: Any) -> str:
    # A wide table scrolls by itself instead of widening the page; what scrolls must be reachable by keyboard.
    return '<div class="table" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    markdown.enable(["table", "strikethrough"]).use(tasklists_plugin, label=True)
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("heading_close", _heading)
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    return markdown


_MARKDOWN = _build()
