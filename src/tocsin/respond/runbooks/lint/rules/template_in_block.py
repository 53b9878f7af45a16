"""Does a block wait for another program to fill it in?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class TemplateInBlock(ToldByReader):
    id = "template-in-block"
    level = "warning"
    title = "A block is a template of another program"
    why = "Nobody fills in a template at 3 a.m.: pasted as it is, it fails, or does something else."
    fix = "use a placeholder such as <NAME>"
    example = """\
## Diagnosis

```bash
ping -c 1 <%= node['ip'] %>
```
"""
    fixed = """\
## Diagnosis

```bash
ping -c 1 <NODE_IP>
```
"""
