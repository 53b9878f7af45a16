"""`tocsin new channel NAME`: a template with a comment beside everything that can be changed, and its test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

_NAME = re.compile(r"^[a-z][a-z0-9_]{1,39}$")


def add(app: typer.Typer) -> None:
    new = typer.Typer(help="Start an extension of your own.", no_args_is_help=True)
    new.command("channel")(channel)
    app.add_typer(new, name="new")


def channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The kind, as the configuration will name it.")],
    into: Annotated[
        Path | None, typer.Option(help="The folder to make; without it tocsin-channel-NAME, here.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Tocsin's own source: add it there instead of as a package.")
    ] = None,
    title: Annotated[str, typer.Option(help="How people call it: Carrier pigeon.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a channel of your own: a package that is installed beside Tocsin, with its test."""
    from tocsin.act.notify.section import kinds
    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Conflict, Invalid

    if not _NAME.match(name):
        raise Invalid(f"{name} is not a name for a kind", fix="use a–z, 0–9 and _, beginning with a letter")
    if name in kinds():
        raise Conflict(f"there is a channel {name} already", fix="choose another name")
    if source is not None and not (source / "src/tocsin/act/notify/channels").is_dir():
        raise Invalid(f"{source} is not the source of Tocsin", fix="give the folder that holds src/tocsin")
    words = _words(name, title)
    files = _in_source(source, name, words) if source is not None else _as_package(into, name, words)
    for target in files:
        if target.exists() or target.is_symlink():
            raise Conflict(f"{target} is there already", fix="choose another name; nothing was changed")
    try:
        for target, text in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    except OSError as error:
        raise Invalid(
            f"{error.filename} cannot be written: {error.strerror}", fix="choose another place"
        ) from None
    if as_json:
        say_json({"kind": name, "files": [str(each) for each in files]})
        return
    say(f"The channel {name} is begun:")
    for target in files:
        say(f"  {target}")
    say()
    if source is not None:
        say(f"Try it: pytest tests/contracts/test_channels.py -k {name}")
    else:
        folder = next(iter(files)).parent
        say(f"Try it: pip install --editable {folder} && pytest {folder}")


def _words(name: str, title: str) -> dict[str, str]:
    shown = " ".join(title.split()) or name.replace("_", " ").capitalize()
    return {
        "{{kind}": f"{{{name}",  # what stands in braces of its own, as YAML
        "{kind}": name,
        "{KIND}": name.upper(),
        "{Class}": "".join(part.capitalize() for part in name.split("_")),
        "{title}": shown.replace("\\", "").replace('"', "'"),
        "{dashed}": name.replace("_", "-"),
        "{package}": f"tocsin_channel_{name}",
    }


def _as_package(into: Path | None, name: str, words: dict[str, str]) -> dict[Path, str]:
    folder = into or Path(f"tocsin-channel-{words['{dashed}']}")
    package = folder / words["{package}"]
    return {
        folder / "pyproject.toml": _filled("package", words),
        package / "__init__.py": f'"""{words["{title}"]} as a channel of Tocsin."""\n',
        package / f"{name}.py": _filled("channel", words),
        folder / "tests" / f"test_{name}.py": _filled("test", words),
    }


def _in_source(source: Path, name: str, words: dict[str, str]) -> dict[Path, str]:
    return {
        source / "src/tocsin/act/notify/channels" / f"{name}.py": _filled("channel", words),
        source / "tests/support/providers" / f"{name}.py": _filled("provider", words),
    }


def _filled(template: str, words: dict[str, str]) -> str:
    from importlib import resources

    text = resources.files("tocsin.cli.starter").joinpath("channel", f"{template}.txt").read_text("utf-8")
    for mark, value in words.items():
        text = text.replace(mark, value)
    return text
