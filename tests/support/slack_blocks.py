"""Would Slack take these blocks? The limits and required fields of the blocks that Tocsin uses, as published.

docs.slack.dev/reference/block-kit/blocks and …/block-elements/button-element; what is not listed here is refused, so
that a new kind of block is looked up before it is sent.
"""

from __future__ import annotations

from typing import Any

BLOCKS_AT_MOST = 50
_STYLES = {"primary", "danger"}


def mistakes(blocks: Any) -> list[str]:
    """What is wrong, in the words of `response_metadata.messages`; nothing: taken."""
    if not isinstance(blocks, list):
        return ["[ERROR] must be an array [json-pointer:/blocks]"]
    if len(blocks) > BLOCKS_AT_MOST:
        return [f"[ERROR] no more than {BLOCKS_AT_MOST} items allowed [json-pointer:/blocks]"]
    return [each for index, block in enumerate(blocks) for each in _block(block, f"/blocks/{index}")]


def _block(block: Any, at: str) -> list[str]:
    if not isinstance(block, dict):
        return [f"[ERROR] must be an object [json-pointer:{at}]"]
    match block.get("type"):
        case "section":
            found = _fields(block, at, {"type", "text", "block_id", "fields", "accessory"})
            return found + _text(block.get("text"), f"{at}/text", 3_000, {"mrkdwn", "plain_text"})
        case "header":
            return _fields(block, at, {"type", "text", "block_id"}) + _text(
                block.get("text"), f"{at}/text", 150, {"plain_text"}
            )
        case "context":
            found = _fields(block, at, {"type", "elements", "block_id"})
            elements = block.get("elements") or []
            if not 1 <= len(elements) <= 10:
                found.append(f"[ERROR] 1 to 10 items [json-pointer:{at}/elements]")
            for index, each in enumerate(elements):
                found += _text(each, f"{at}/elements/{index}", 3_000, {"mrkdwn", "plain_text"})
            return found
        case "actions":
            found = _fields(block, at, {"type", "elements", "block_id"})
            elements = block.get("elements") or []
            if not 1 <= len(elements) <= 25:
                found.append(f"[ERROR] 1 to 25 items [json-pointer:{at}/elements]")
            names = [each.get("action_id") for each in elements if isinstance(each, dict)]
            if len(set(names)) != len(names):
                found.append(f"[ERROR] `action_id` already exists [json-pointer:{at}/elements]")
            for index, each in enumerate(elements):
                found += _button(each, f"{at}/elements/{index}")
            return found
        case "rich_text":
            found = _fields(block, at, {"type", "elements", "block_id"})
            for index, section in enumerate(block.get("elements") or [None]):
                found += _rich(section, f"{at}/elements/{index}")
            return found
        case "divider":
            return _fields(block, at, {"type", "block_id"})
        case other:
            return [f"[ERROR] unsupported type: {other} [json-pointer:{at}/type]"]


def _fields(thing: dict[str, Any], at: str, known: set[str]) -> list[str]:
    return [
        f"[ERROR] no more properties allowed: {each} [json-pointer:{at}]" for each in thing.keys() - known
    ]


def _text(text: Any, at: str, limit: int, kinds: set[str]) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return [f"[ERROR] missing required field: text [json-pointer:{at}]"]
    known = {"type", "text", "verbatim"} if text["type"] == "mrkdwn" else {"type", "text", "emoji"}
    found = _fields(text, at, known)
    value = text.get("text")
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        found.append(f"[ERROR] must be 1 to {limit} characters [json-pointer:{at}/text]")
    return found


def _button(button: Any, at: str) -> list[str]:
    if not isinstance(button, dict) or button.get("type") != "button":
        return [f"[ERROR] unsupported element [json-pointer:{at}]"]
    found = _fields(
        button,
        at,
        {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"},
    )
    found += _text(button.get("text"), f"{at}/text", 75, {"plain_text"})
    for name, limit in (("action_id", 255), ("value", 2_000), ("url", 3_000)):
        value = button.get(name)
        if value is not None and not (isinstance(value, str) and 1 <= len(value) <= limit):
            found.append(f"[ERROR] must be 1 to {limit} characters [json-pointer:{at}/{name}]")
    if "style" in button and button["style"] not in _STYLES:
        found.append(f"[ERROR] failed to match all allowed schemas [json-pointer:{at}/style]")
    return found


def _rich(section: Any, at: str) -> list[str]:
    kinds = {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}
    if not isinstance(section, dict) or section.get("type") not in kinds:
        return [f"[ERROR] unsupported element [json-pointer:{at}]"]
    found = _fields(section, at, {"type", "elements", "border"})
    for index, each in enumerate(section.get("elements") or []):
        place = f"{at}/elements/{index}"
        if each.get("type") == "text":
            found += _fields(each, place, {"type", "text", "style"})
            if not isinstance(each.get("text"), str) or not each["text"]:
                found.append(f"[ERROR] must be more than 0 characters [json-pointer:{place}/text]")
        elif each.get("type") == "link":
            found += _fields(each, place, {"type", "url", "text", "style", "unsafe"})
        else:
            found.append(f"[ERROR] unsupported element [json-pointer:{place}]")
    return found
