"""Codes of policies and waivers."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "MW601": """
        A policy is broken, or declared twice.

        ## What it does
        `mesh plan` judges the policies over the mesh as the plan would make it. What the plan adds, changes
        or causes must keep those of severity `error`; other severities are told. What was broken before, and
        that the plan does not touch, is told as a number. In a tree, two policies of one owner with one name,
        and a domain's policy with another scope than the domain, have this code too.

        ## Why is this bad
        A policy is what the organisation agreed on. One that can be passed by is none.

        ## Example
        ```
        x MW601 mesh://acme/sales/orders: policy `owner_named`: no member of its team has the role `owner`
        ```

        ## What to do instead
        Mend what the message names: the policy says how (`mesh policy show NAME`). Where that takes time, ask
        whoever decides about policies for a [waiver](../policies.md#waivers).
    """,
    "MW602": """
        A policy cannot be judged.

        ## What it does
        Runs each policy's query over the mesh's tables, with nothing else in reach. A query that does not
        parse, has other columns than `address` and `reason`, reads anything but `mesh.TABLE`, gives an
        address of another mesh, or takes longer than ten seconds is an error of that policy; the others are
        judged.

        ## Why is this bad
        Nobody knows whether the mesh keeps it.

        ## Example
        ```yaml
        query: select address from mesh.products where owner is null
        ```

        ## What to do instead
        Correct the query at the line that the message names; `mesh policy test` tries its examples. In a tree
        that does not own the policy this is a warning.
    """,
    "MW603": """
        A waiver that waives nothing.

        ## What it does
        Looks for waivers of policies or addresses that do not exist, for waivers in a domain that name a
        policy of the mesh, and for days that are in no calendar.

        ## Why is this bad
        A waiver that is misspelt protects nobody, and one that outlived what it was for hides that there is
        an exception.

        ## Example
        ```yaml
        policy: owner_naemd
        address: mesh://acme/sales/orders
        reason: The owner left; the successor starts in March.
        approver: cdo@acme.example
        expires: 2026-03-31
        ```

        ## What to do instead
        Correct the name, or remove the file. A policy of the mesh is waived below `policies/waivers/` of the
        tree that declares it.
    """,
    "MW604": """
        A policy that the package does not have.

        ## What it does
        Looks up the names in `policies.use` of mesh.yaml among the [policies](../policies/README.md) of the
        package, and those in `policies.severity` among the used ones.

        ## Why is this bad
        A policy that is misspelt is not in force.

        ## Example
        ```yaml
        policies:
          use: [owner_name]
        ```

        ## What to do instead
        Take a name that `mesh policy list --all` shows.
    """,
    "MW605": """
        The policies of the mesh are another repository's.

        ## What it does
        Remembers which repository applied the policies of the whole mesh. A tree of another one that declares
        some, in `policies/` or in mesh.yaml, is refused.

        ## Why is this bad
        Whoever applies last would decide what everybody has to keep.

        ## Example
        A domain's repository has a copy of `policies/owner_named.yaml`.

        ## What to do instead
        Keep policies of the mesh in one repository. What a domain demands of itself belongs below
        `domains/DOMAIN/policies/`. `--take-over mesh` moves the policies to this repository.
    """,
}
"""Pages by code."""
