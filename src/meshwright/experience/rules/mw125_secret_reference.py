"""A secret that is not a reference.

## What it does
Checks that every entry under `secrets` of an environment is `env:NAME` or `file:PATH`. The value is
never printed.

## Why is this bad
What stands in the file is in the history of the repository for good, and in every copy of it.

## Example
```yaml
environments:
  prod:
    secrets:
      crm: {user: env:CRM_USER, password: correct-horse}
```

## What to do instead
Change the password, for it is known now; then refer to where the new one is kept:
```yaml
      crm: {user: env:CRM_USER, password: file:/run/secrets/crm}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from meshwright.errors import Problem
from meshwright.model.mesh import Mesh

CODE = "MW125"

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*\Z|file:[^\x00-\x1f]+\Z")


def check(mesh: Mesh) -> Iterator[Problem]:
    """Secrets that are values instead of references."""
    for name, environment in mesh.environments.items():
        for server, entry in environment.secrets.items():
            values = entry.items() if isinstance(entry, Mapping) else [("", entry)]
            for key, value in values:
                if not (isinstance(value, str) and _REFERENCE.match(value)):
                    dotted = f"{server}.{key}" if key else server
                    yield Problem(
                        CODE,
                        f"secret `{dotted}` of environment `{name}` is not a reference",
                        file="mesh.yaml",
                        path=f"environments.{name}.secrets.{dotted}",
                        hint="write env:NAME or file:PATH; a real secret that stood here must be changed",
                    )
