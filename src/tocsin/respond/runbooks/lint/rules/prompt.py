"""Do the commands begin with a prompt?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Prompt(ToldByReader):
    id = "prompt"
    level = "note"
    title = "A prompt stands in front of the commands"
    why = (
        "Whoever copies the block at 3 a.m. pastes the prompt as well, and the shell answers `$: "
        "command not found`."
    )
    fix = "take the prompt away, or call the block `console`"
    example = """\
## Diagnosis

```bash
$ df -h /
```
"""
    fixed = """\
## Diagnosis

```bash
df -h /
```
"""
