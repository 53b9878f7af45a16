"""Is a block written for a shell that is not run here?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class OtherShell(ToldByReader):
    id = "other-shell"
    level = "note"
    title = "A block is written for another shell"
    why = "Tocsin shows it and does not run it, so somebody has to type it by hand while the service is down."
    fix = "write the commands for bash, or leave them to a person as they are"
    example = """\
## Diagnosis

```powershell
Get-Service shop
```
"""
    fixed = """\
## Diagnosis

```bash
systemctl status shop
```
"""
