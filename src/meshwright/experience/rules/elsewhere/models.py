"""Codes of reading models."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "MW203": """
        A model is no valid statement.

        ## What it does
        Parses each SQL model in the product's dialect. It is one SELECT (or WITH ... SELECT) without side
        effects.

        ## Why is this bad
        It would fail when it runs; and what it reads and makes cannot be told.

        ## Example
        ```sql
        CREATE TABLE deals AS SELECT * FROM crm.deals
        ```

        ## What to do instead
        Write the SELECT alone: tables are made by the platform.
        ```sql
        SELECT id, amount FROM crm.deals
        ```
    """,
    "MW204": """
        A model reads something that is not declared.

        ## What it does
        Looks for tables of SQL models, and parameters of Python models, that are neither an object of an
        input port nor another model of the product.

        ## Why is this bad
        A product reads only what its input ports declare; so lineage is complete and access is decided.

        ## Example
        ```sql
        SELECT * FROM leasing.leases.leases   -- no input port reads it
        ```

        ## What to do instead
        Declare the input port that the message names.
        ```yaml
        inputPorts:
          - {name: leases, version: 1.0.0, contractId: leases}
        ```
    """,
    "MW205": """
        Models read each other in a circle.

        ## What it does
        Looks for cycles among the models of a product.

        ## Why is this bad
        No order of building exists: each waits for the other.

        ## Example
        `models/open_deals.sql` reads `deals`, and `models/deals.sql` reads `open_deals`.

        ## What to do instead
        Move what both need into a third model.
    """,
    "MW206": """
        Two files are one model.

        ## What it does
        Looks for model files with the same name and major, such as `deals.sql` and `deals.py`.

        ## Why is this bad
        Only one of them could build the object, and it cannot be told which.

        ## Example
        `models/deals.sql` and `models/deals.py`

        ## What to do instead
        Delete or rename one of them.
    """,
    "MW207": """
        A Python file is no model.

        ## What it does
        Reads the syntax of each `models/*.py`, without running it: it needs one function `model` whose
        parameters are named after inputs (`port__object`) or other models.

        ## Why is this bad
        The parameters are what the platform knows of the inputs.

        ## Example
        ```python
        def build(*tables): ...
        ```

        ## What to do instead
        ```python
        def model(crm__deals):
            return crm__deals.read_all()
        ```
    """,
    "MW208": """
        A model uses a column that is not there.

        ## What it does
        Compares the columns that SQL models use with those that the contracts of their inputs, or the
        models they read, have.

        ## Why is this bad
        The model would fail when it runs.

        ## Example
        ```sql
        SELECT amout FROM crm.deals    -- the column is `amount`
        ```

        ## What to do instead
        Use a column that exists, or add it to the contract of the input.
    """,
    "MW209": """
        A table that is built in full reads changes only.

        ## What it does
        Looks for `changes(...)` in models, or in the models they read, whose object has materialization
        `full`.

        ## Why is this bad
        The table would be replaced by the rows of the last change, and the rest be lost.

        ## Example
        ```sql
        SELECT * FROM changes(crm.deals)     -- and the object has materialization `full`
        ```

        ## What to do instead
        Set the custom property `materialization` to `append` or `merge`, or read the whole input.
    """,
    "MW210": """
        A Python model would run without isolation.

        ## What it does
        Warns in the plan when a product to be built has a Python model and the machine that makes the plan
        cannot keep its process from files and network. Linux with Landlock can.

        ## Why is this bad
        The model could read what its product does not declare, or send data away.

        ## Example
        A plan made on a machine with another operating system, or with a Linux kernel older than 5.13.

        ## What to do instead
        Build on Linux 5.13 or newer, or write the transformation in SQL.
        ```console
        $ uname -r
        ```
    """,
    "MW211": """
        A model does not return what its contract declares.

        ## What it does
        Compares the columns that a SQL model returns, where they can be told from its text, with those that
        the contract declares for the table that it builds.

        ## Why is this bad
        The product would be refused when it is built: consumers were promised a column that is not there,
        or would get one that nobody described.

        ## Example
        ```sql
        SELECT id, customer FROM crm.orders     -- and the contract declares `amount`, too
        ```

        ## What to do instead
        Select what the contract declares, or change the contract: consumers see it.
    """,
    "MW212": """
        A column of a Python model comes from something that the model does not read.

        ## What it does
        Compares `transformSourceObjects` of the columns that a Python model builds with what the model's
        function has as parameters. Entries are `input_port.object.column` or `other_model.column`; without a
        column they mean any of them.

        ## Why is this bad
        Lineage would miss where the column comes from. Until it is mended the column counts as coming from
        everything that the model reads.

        ## Example
        ```yaml
        - {name: score, logicalType: number, transformSourceObjects: [crm.deels.amount]}
        ```

        ## What to do instead
        Name what the function reads: `crm.deals.amount` for the parameter `crm__deals`.
    """,
}
