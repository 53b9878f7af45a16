"""`tocsin runbook new`: a runbook with all sections, to be filled in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.commands.runbook.find import AsJson

_TEMPLATES = {"en": "template.md", "zh-Hant": "template.zh-Hant.md"}
_TITLES = {"en": "The service is down", "zh-Hant": "服務中斷"}


def add(runbook: typer.Typer) -> None:
    runbook.command("new")(new)


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    title: Annotated[str, typer.Option(help="What is broken when it is needed.")] = "",
    service: Annotated[str, typer.Option(help="The service it is for.")] = "example",
    owner: Annotated[str, typer.Option(help="Who keeps it true.")] = "unknown",
    language: Annotated[str, typer.Option(help="en or zh-Hant.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Write a runbook with all nine sections, ready to be filled in."""
    from importlib import resources

    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Conflict, Invalid

    spoken = "zh-Hant" if language.lower().startswith("zh") else language
    if spoken not in _TEMPLATES:
        raise Invalid(f"there is no template in {language}", fix=f"one of {', '.join(_TEMPLATES)}")
    text = resources.files("tocsin.respond.runbooks").joinpath(_TEMPLATES[spoken]).read_text("utf-8")
    told = " ".join(title.split()) or _TITLES[spoken]
    for name, value in (("title", told), ("service", _yaml(service)), ("owner", _yaml(owner))):
        text = text.replace("{" + name + "}", value)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already", fix="choose another name; nothing was changed") from None
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror}", fix="choose another place") from None
    if as_json:
        say_json({"file": str(file), "language": spoken})
        return
    say(f"{file} is written; see what it would do: tocsin runbook plan {file}")


def _yaml(value: str) -> str:
    """A value of the front matter: plain where YAML cannot take it for something else."""
    plain = " ".join(value.split())
    return plain if re.fullmatch(r"[^\W\d_][\w@. -]*", plain) else json.dumps(plain, ensure_ascii=False)
