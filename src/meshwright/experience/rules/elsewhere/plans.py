"""Codes of plans."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "MW501": """
        A breaking change without a new major version.

        ## What it does
        Compares a contract with the one last applied. (Products that were proposed or draft may change
        freely.) A change that takes away something consumers may rely
        on is breaking (the kinds are listed in [compatibility](../compatibility.md)); it needs a new major
        version of the contract and its port.

        ## Why is this bad
        Consumers build on the address of a major version. What it promises must not get weaker behind their
        backs.

        ## Example
        Contract `deals` 1.2.0 loses the column `amount` and becomes 1.3.0.

        ## What to do instead
        Serve the new contract as 2.0.0 next to the old one, deprecate the old, and let consumers move.
        `--allow-breaking` with a reason lets the change through and records it.
    """,
    "MW502": """
        A port that is read goes away.

        ## What it does
        Looks for output ports of the applied product, by name and major version, that other products read
        and would lose: the new declaration no longer has the port, binds it to another contract or to an
        older version, or retires the product before its sunset.

        ## Why is this bad
        An address is permanent: whoever reads it would find nothing there.

        ## Example
        `brokerage/deals` serves `deals@2` instead of `deals@1`, which `finance/rents` reads.

        ## What to do instead
        Serve both majors until the consumers have moved, and retire a product when its sunset has come.
        `--allow-breaking` with a reason lets the change through and records it.
    """,
    "MW503": """
        A product would be removed.

        ## What it does
        Looks for products that are applied but no longer in the tree.

        ## Why is this bad
        Removing a product deletes its data and all its publications. A folder is easily lost in a merge.

        ## Example
        The folder `domains/brokerage/deals` was renamed to `domains/brokerage/transactions`.

        ## What to do instead
        Put the folder back; or, when the product is to go, say `--allow-destroy`.
    """,
    "MW504": """
        A product that is read would be removed.

        ## What it does
        Looks for products that are to be removed while other products read them.

        ## Why is this bad
        Its readers could not be built any more.

        ## Example
        `leasing/leases` is removed, and `finance/rents` reads it.

        ## What to do instead
        Deprecate it with a sunset date and a successor, and remove it when nobody reads it.
    """,
    "MW505": """
        A version went backwards.

        ## What it does
        Compares the version of a contract with the one last applied.

        ## Why is this bad
        Consumers ask for a version or a newer one. When it goes backwards, they are told that what they read
        no longer exists.

        ## Example
        Contract `deals` 1.3.0 becomes 1.2.0.

        ## What to do instead
        Give the contract a version after the applied one, also when its content goes back.
        `--allow-breaking` with a reason lets the change through and records it.
    """,
    "MW506": """
        A domain that another repository owns.

        ## What it does
        Compares `repository` of mesh.yaml with the repository that applied a domain of this tree first. The
        other domains of the plan are judged as always; nothing of this one is applied, run or removed.

        ## Why is this bad
        Two trees that both claim a domain undo each other's work with every apply.

        ## Example
        Two repositories name `finance` in `domains`; one of them has `repository: acme/finance`, the other
        `repository: acme/sales`.

        ## What to do instead
        Let one of them own it: take the domain out of the other tree and out of `domains` in its mesh.yaml.
        When it is to change hands, `mesh apply --take-over DOMAIN` in the new repository does so and records
        it; products that the new tree does not have need `--allow-destroy`. Clones of one repository have
        the same `repository`.
    """,
}
