"""Secrets for a server that no contract names.

## What it does
Looks under `secrets` of each environment for names that are none of the platform's own (`registry`, `serve`,
`openlineage`, `smtp`, `alerts`) and not the name of a server in a source's contract. It is a warning.

## Why is this bad
Such secrets reach nobody. Most likely the name is misspelt, and the source that was meant is asked without
a password.

## Example
```yaml
environments:
  prod:
    secrets:
      cmr: {user: env:CRM_USER, password: env:CRM_PASSWORD}    # the server is `crm`
```

## What to do instead
Write the name of the server as the contract has it (`servers[].server`), or remove the entry:
```yaml
      crm: {user: env:CRM_USER, password: env:CRM_PASSWORD}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW130"

_OURS = ("alerts", "openlineage", "registry", "serve", "smtp")


def check(mesh: Mesh) -> Iterator[Problem]:
    """Secrets whose name is that of no server."""
    if not any(environment.secrets for environment in mesh.environments.values()):
        return
    contracts = (contract for product in mesh.products.values() for contract in product.contracts)
    servers = {server.name for contract in contracts for server in contract.servers}
    suggester = Suggester(sorted({*servers, *_OURS}))
    for name, environment in mesh.environments.items():
        for server in environment.secrets:
            if server not in suggester.names:
                yield Problem(
                    CODE,
                    f"environment `{name}` has secrets for `{server}`, which is no server of any contract",
                    file="mesh.yaml",
                    path=f"environments.{name}.secrets.{server}",
                    hint=suggester.hint(server, f"servers are {', '.join(sorted(servers)) or 'none'}"),
                    severity="warning",
                )
