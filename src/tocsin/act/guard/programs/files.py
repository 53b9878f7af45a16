"""What do programs do to files, disks and rights that only their arguments tell?"""

from __future__ import annotations

from tocsin.act.guard.programs.call import HARMLESS_TARGETS, Call, Judge, written
from tocsin.act.guard.verdict import Reason, highest
from tocsin.act.guard.words import has_flag


def _dd(call: Call) -> list[Reason]:
    target = next((each.text[3:] for each in call.arguments if each.text.startswith("of=")), "")
    if target in ("", *HARMLESS_TARGETS):
        return [call.reason("read", "copies to nowhere")]
    return [call.reason("destroy", "overwrites its target", "check the target with lsblk or ls -l first")]


def _tee(call: Call) -> list[Reason]:
    told = [written(each) for each in call.plain]
    level = highest(each for each, _, _ in told)
    if level == "read":
        return [call.reason("read", "passes its input on")]
    targets = ", ".join(each.text for each in call.plain)
    safer = next(each for name, _, each in told if name == level)
    return [call.reason(level, f"writes {targets[:80]}", safer)]


def _copy(call: Call) -> list[Reason] | None:
    """`cp` and `mv`: from or to a device nothing is a copy any more."""
    plain = call.plain
    if len(plain) < 2:
        return None
    if plain[-1].text in HARMLESS_TARGETS and call.part.split(maxsplit=1)[0].endswith("mv"):
        return [call.reason("destroy", "moves it where it is lost", "move it to a dated folder")]
    if any(each.text == "/dev/null" for each in plain[:-1]):
        return [call.reason("destroy", "empties the file", "cp FILE FILE.old first")]
    level, why, safer = written(plain[-1])
    return [call.reason(level, why, safer)] if level == "destroy" else None


def _rights(call: Call) -> list[Reason] | None:
    """Rights of one folder can be set back; those of a whole system are nowhere written down."""
    if not has_flag(call.texts, ("-R", "--recursive")):
        return None
    for each in call.plain[1:]:
        path = each.text.rstrip("*").rstrip("/")
        if path in ("", "~", "$HOME", "..") or (path.startswith("/") and path.count("/") == 1):
            return [
                call.reason(
                    "destroy",
                    "overwrites the rights of a whole part of the system",
                    "getfacl -R FOLDER > rights.txt first; setfacl --restore=rights.txt brings them back",
                )
            ]
    return None


def _object(call: Call) -> list[Reason] | None:
    """`aws s3 cp s3://… -` prints an object."""
    return (
        [call.reason("read", "prints an object")] if call.plain[1:] and call.plain[-1].text == "-" else None
    )


def _crontab(call: Call) -> list[Reason] | None:
    """`crontab FILE`, `crontab -` and `crontab` alone, which reads its input."""
    if any(each.startswith("-") and each not in ("-", "-u") for each in call.texts):
        return None
    return [call.reason("destroy", "replaces the whole crontab", "crontab -l > crontab.old first")]


JUDGES: dict[str, Judge] = {
    "dd": _dd,
    "tee": _tee,
    "cp": _copy,
    "mv": _copy,
    "install": _copy,
    **dict.fromkeys(("chmod", "chown", "chgrp"), _rights),
    "crontab": _crontab,
    **dict.fromkeys(("aws s3 cp", "gsutil cp", "gcloud storage cp"), _object),
}
