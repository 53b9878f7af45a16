"""The whole configuration: each mistake with place and cure, and no file that makes it crash."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from pathlib import Path

import pytest

import tocsin
from tocsin.configuration import Configuration, find_folder, load, schema
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.settings import Section

EXAMPLES = Path(__file__).parents[1] / "examples"
STARTER = Path(tocsin.__file__).parent / "cli/starter/tocsin.yaml"


@pytest.fixture
def told(tmp_path: Path):
    def tell(text: str) -> list[str]:
        (tmp_path / "tocsin.yaml").write_text(text)
        return [str(each).removeprefix(f"{tmp_path / 'tocsin.yaml'}:") for each in load(tmp_path).problems]

    return tell


def test_every_section_of_a_room_is_part_of_it() -> None:
    names = [
        info.name
        for info in pkgutil.walk_packages(tocsin.__path__, "tocsin.")
        if info.name.endswith("section")
    ]
    sections = {
        each
        for name in names
        for each in vars(importlib.import_module(name)).values()
        if isinstance(each, type) and issubclass(each, Section) and each is not Section
    }
    assert sections == set(Configuration.__bases__)


def test_what_the_starter_has_commented_out_may_be_taken_in(told, monkeypatch) -> None:
    """Whoever takes the hash away gets what it says; only the included files are not there."""
    for name in ("SMTP_PASSWORD", "DATABASE_URL", "EXAMPLE_TOKEN"):
        monkeypatch.setenv(name, "postgresql://tocsin@127.0.0.1/tocsin")
    commented = re.compile(r"^(\s*)# (\s*(?:- |[a-zA-Z_]+:(?: |$)).*)$", re.MULTILINE)
    whole = commented.sub(r"\1\2", STARTER.read_text()).replace("include: [", "# include: [")
    assert len(commented.findall(STARTER.read_text())) > 20
    assert told(whole) == []


def test_an_empty_file_is_a_configuration(told) -> None:
    assert told("") == []
    assert told("# nothing yet\n") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("public_ulr: x", "1:1: public_ulr: there is no key public_ulr here\n    did you mean public_url?"),
        (
            "people:\n  mei: {name: M, emial: x}",
            "2:18: people.mei.emial: there is no key emial here\n    did you mean email?",
        ),
        ("people:\n  Mei: {name: M}", "2:3: people.Mei: 'Mei' is no name here\n    use small letters"),
        ("people:\n  mei: {}", "2:3: people.mei.name: name is missing\n    add name: As others call them"),
        (
            "services: {shop: {soak: 99999999999999999999d}}",
            "1:25: services.shop.soak: '99999999999999999999d' is not",
        ),
        (
            "services: {shop: {soak: -5}}",
            "1:25: services.shop.soak: -5 is not a duration\n    write one from 0s",
        ),
        (
            "database: mysql://x",
            "1:11: database: only sqlite:///PATH and postgresql://… are known\n    Leave `database:` out",
        ),
        (
            "escalations: {a: {steps: [{page: [somebody]}]}}",
            "1:35: escalations.a.steps.0.page.0: 'somebody' is nobody",
        ),
        ("people: [mei]", "1:9: people: a map of keys is wanted here"),
        ("services: {a: {title: 3}}", "1:23: services.a.title: text is wanted here\n    put it in quotes"),
        (
            "services: {a: {soak: 15q}}",
            "1:22: services.a.soak: '15q' is not a duration\n    write it like 30s",
        ),
        (
            "services: {a: {tier: cor}}",
            "1:22: services.a.tier: 'cor' is not possible here\n    did you mean core?",
        ),
        (
            "services: {a: {monitor: {rounds: two}}}",
            "1:34: services.a.monitor.rounds: a whole number is wanted here",
        ),
        ("services: {a: {runbooks: x}}", "1:26: services.a.runbooks: a list is wanted here"),
        ("services: {a: {policy: cor}}", "1:24: services.a.policy: there is no policy cor"),
        (
            "time_zone: Asia/Taipe",
            "1:12: time_zone: there is no time zone 'Asia/Taipe'\n    did you mean Asia/Taipei?",
        ),
        ("channels: {m: {kind: emial}}", "1:15: channels.m: there is no kind emial\n    did you mean email?"),
        ("channels: {m: {host: x}}", "1:12: channels.m: kind is missing\n    add kind:"),
        (
            "channels: {m: {kind: email, host: x, form: y}}",
            "1:38: channels.m.form: there is no key form here\n    did you mean from?",
        ),
        (
            "channels: {h: {kind: webhook, secret: hunter2}}",
            "1:39: channels.h.secret: a secret is not written here in plain text\n    write env:NAME",
        ),
        (
            "policies:\n  p:\n    levels:\n      P0: {when: [m.user > 1], otherwise: true}",
            "4:19: policies.p.levels.P0.when.0: column 1: there is no m.user\nm.user > 1\n^\n    did you mean m.users?",
        ),
        (
            "policies: {p: {levels: {P0: {otherwise: true, channels: [slak]}}}}\nchannels: {slack: {kind: webhook}}",
            "1:58: policies.p.levels.P0.channels.0: there is no channel slak\n    did you mean slack?",
        ),
        (
            "policies: {p: {levels: {P0: {otherwise: true}}, cases: [{name: a, b, expect: P0}]}}",
            "put that in quotes",
        ),
        ("- a\n- b", "1:1: a map of keys is wanted here"),
        ("just text", "1:1: a map of keys is wanted here"),
        ("a: &x 1\nb: *x", "1:4: anchors"),
    ],
)
def test_a_mistake_is_told_with_place_and_cure(told, text: str, said: str) -> None:
    assert any(said in each for each in told(text)), told(text)


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file(told) -> None:
    problems = told("public_ulr: x\nservices:\n  a: {tier: cor}\ntime_zone: Mars\n")
    assert [each.split(":")[0] for each in problems] == ["1", "3", "4"]


def test_a_secret_that_is_not_there_is_a_warning_and_its_value_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_TEST_ABSENT", raising=False)
    (tmp_path / "tocsin.yaml").write_text(
        "channels: {h: {kind: webhook, secret: env:TOCSIN_TEST_ABSENT}}\n"
        "services: {a: {targets: {db: {kind: postgres, dsn: file:absent}}}}\n"
    )
    loaded = load(tmp_path)
    assert loaded.configuration is not None
    assert [(each.level, ".".join(map(str, each.path))) for each in loaded.problems] == [
        ("warning", "channels.h.secret"),
        ("warning", "services.a.targets.db.dsn"),
    ]


def test_a_mistake_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("include: [more.yaml]\n")
    (tmp_path / "more.yaml").write_text("\nservices: {a: {tier: cor}}\n")
    (problem,) = load(tmp_path).problems
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / "more.yaml"), 2, 22)


def test_who_needs_it_is_told_every_error(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("public_ulr: x\nlanguage: fr\n")
    with pytest.raises(Invalid, match="public_ulr") as refused:
        load(tmp_path).required()
    assert "language" in refused.value.message


def mutations(text: str, seed: int) -> str:
    """One of the things that happen to files: cut, doubled, shifted, a letter hit wrong, a value of another kind."""
    chance = random.Random(seed)
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines[at] = " " + lines[at]
        case 3:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        case 4:
            lines[at] = lines[at].replace(":", "", 1)
        case 5:
            head, colon, _ = lines[at].partition(":")
            lines[at] = (
                head
                + colon
                + " "
                + chance.choice(["[]", "{}", "null", "-1", "true", "''", "[[1]]", "{a: {b: c}}", "1e9"])
            )
        case 6:
            place = chance.randrange(len(text))
            return text[:place] + chance.choice("\x00\t\n:{}[]&*!'\"\\é日\U0001f525") + text[place + 1 :]
        case 7:
            return text[: chance.randrange(len(text))]
        case _:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "source",
    [STARTER, EXAMPLES / "recommendation/tocsin.yaml", EXAMPLES / "extension/tocsin.yaml"],
    ids=lambda each: each.parent.name,
)
def test_two_hundred_mutated_files_are_judged_and_none_crashes(source: Path, tmp_path: Path) -> None:
    text = source.read_text()
    refused = 0
    for seed in range(200):
        (tmp_path / "tocsin.yaml").write_text(mutations(text, seed), "utf-8", "surrogatepass")
        loaded = load(tmp_path)
        assert (loaded.configuration is None) is bool(loaded.errors), f"seed {seed}"
        for problem in loaded.problems:
            assert problem.line >= 1, f"seed {seed}: {problem}"
            assert "please report this" not in problem.fix, f"seed {seed}: {problem}"
        refused += bool(loaded.errors)
    assert refused > 60


def test_the_folder_is_the_option_then_this_one_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, named, option = tmp_path / "here", tmp_path / "named", tmp_path / "option"
    for folder in (here, named, option):
        folder.mkdir()
        (folder / "tocsin.yaml").touch()
    monkeypatch.chdir(here)
    monkeypatch.setenv("TOCSIN_CONFIG", str(named))
    assert find_folder(option) == option
    assert find_folder(option / "tocsin.yaml") == option
    assert find_folder().resolve() == here
    (here / "tocsin.yaml").unlink()
    assert find_folder() == named
    monkeypatch.delenv("TOCSIN_CONFIG")
    with pytest.raises(Invalid) as refused:
        find_folder()
    assert "tocsin init" in refused.value.fix
    with pytest.raises(Invalid):
        find_folder(tmp_path / "absent")


def test_the_schema_describes_every_key() -> None:
    described = schema()
    undescribed = [name for name, key in described["properties"].items() if not key.get("description")]
    assert undescribed == []
    assert described["additionalProperties"] is False
    for name in ("Service", "Person", "Level", "Monitor"):
        wanting = [
            key
            for key, value in described["$defs"][name]["properties"].items()
            if not value.get("description")
        ]
        assert wanting == []
