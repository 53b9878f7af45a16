"""What HTML does this Markdown stand for, and nothing beyond?

CommonMark with tables, strikethrough and task lists. Raw HTML is shown as text except `<br>` and comments, images
become links (an image from elsewhere is a beacon), links lead to http, https, mailto or to a path of our own. The
sanitiser then lets through only what is listed here, so that a mistake in the renderer or in a plug-in of it is still
not a hole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.tasklists import tasklists_plugin

LONGEST = 1_000_000
_LONGEST_COMMENT = 2_000
_SCHEMES = {"http", "https", "mailto"}
CALLOUTS = frozenset({"note", "tip", "important", "warning", "caution"})
_ID = re.compile(r"(?:L|cut-)[0-9]{1,7}")
_BREAK = re.compile(r"<br[ \t]{0,3}/?>", re.IGNORECASE)
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
    env = {"top": top}
    return Markup(clean(to_html(parse(text, env), env)))  # noqa: S704 - it has been cleaned


def parse(text: str, env: dict[str, Any]) -> list[Token]:
    """The text as the parser's tokens, for who renders it piece by piece."""
    return MARKDOWN.parse(text[:LONGEST].replace("\x00", ""), env)


def to_html(tokens: Sequence[Token], env: dict[str, Any]) -> str:
    """Tokens as HTML that has still to be cleaned."""
    return MARKDOWN.renderer.render(tokens, MARKDOWN.options, env)


def clean(html: str, also: Mapping[str, set[str]] | None = None) -> str:
    """Only what is listed here is left of it. `also`: attributes beyond those of every text, by element."""
    attributes = _ATTRIBUTES
    if also:
        attributes = {tag: _ATTRIBUTES.get(tag, set()) | also.get(tag, set()) for tag in _TAGS}
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=attributes,
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    match tag, name:
        case "a", "href":
            return value if _leads_somewhere_good(value) else None
        case "code", "class":
            return value if value.startswith("language-") and " " not in value else None
        case "div", "class":
            return value if value == "table" else None
        case "a", "class":
            return value if value == "dead" else None
        case "blockquote", "class":
            return value if value in CALLOUTS else None
        case _, "id":
            return value if _ID.fullmatch(value) else None
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
    return f"<h{level}{self.renderAttrs(token)}>" if token.nesting == 1 else f"</h{level}>\n"


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    label = token.content or address
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    # A wide table scrolls by itself instead of widening the page; what scrolls must be reachable by keyboard.
    return f'<div class="table" tabindex="0"{self.renderAttrs(tokens[index])}><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _line_break(state: StateInline, silent: bool) -> bool:
    """`<br>`, the only way to a new line in a cell of a table."""
    found = _BREAK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _inline_comment(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("<!--", state.pos):
        return False
    end = state.src.find("-->", state.pos + 4, min(state.posMax, state.pos + _LONGEST_COMMENT))
    if end < 0:
        return False
    state.pos = end + 3
    return True


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines from `<!--` to `-->`, which no viewer shows. One that never ends, or has text behind it, is text."""
    begin = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith("<!--", begin):
        return False
    closed = state.src.find("-->", begin + 4, begin + _LONGEST_COMMENT)
    if closed < 0:
        return False
    line = start
    while state.eMarks[line] < closed:
        line += 1
        if line >= end or (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
            return False
    if state.src[closed + 3 : state.eMarks[line]].strip():
        return False
    if not silent:
        state.line = line + 1
    return True


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    markdown.enable(["table", "strikethrough"]).use(tasklists_plugin, label=True)
    markdown.inline.ruler.before("autolink", "line_break", _line_break)
    markdown.inline.ruler.before("autolink", "comment", _inline_comment)
    markdown.block.ruler.before("paragraph", "comment", _comment, {"alt": ["paragraph"]})
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("heading_close", _heading)
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    return markdown


MARKDOWN = _build()
