"""Codes of the document reader."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "MW001": """
        A file is no YAML.

        ## What it does
        Reads each document by the core schema of YAML 1.2: no timestamps, `NO` is text, a key may occur
        once, no cycles of anchors.

        ## Why is this bad
        Nothing can be told about a document that cannot be read.

        ## Example
        ```yaml
        name: deals
        name: viewings
        ```

        ## What to do instead
        Correct the place that the message names.
    """,
    "MW002": """
        A document does not follow its schema.

        ## What it does
        Judges each document by its standard: ODCS 3.x for contracts, ODPS 1.x (and 0.9) for products, our
        own published schemas for the rest.

        ## Why is this bad
        Other tools read these documents as well, and what is missing or of the wrong type means nothing.

        ## Example
        ```yaml
        kind: DataContract
        version: 1.0          # a number; the standard asks for text
        ```

        ## What to do instead
        Give the value that the message asks for.
        ```yaml
        version: "1.0"
        ```
    """,
    "MW003": """
        A document has an unknown key.

        ## What it does
        Looks for keys that the standard (or our schema) does not have at that place.

        ## Why is this bad
        Most unknown keys are misspelt; what was meant would be ignored without a word.

        ## Example
        ```yaml
        outputPort:
          - name: deals
        ```

        ## What to do instead
        Use the key that the message suggests. What the standards have no field for goes into
        `customProperties`.
    """,
    "MW004": """
        A file is beyond the limits.

        ## What it does
        Refuses documents that are too large, too deep, or that grow too much when aliases are expanded.

        ## Why is this bad
        Such a file is an accident or an attack, and would use up the memory of everybody who reads the mesh.

        ## Example
        A data file of 100 MB with the ending `.yaml` in the `contracts` folder.

        ## What to do instead
        Keep data out of the declarations; split a document that has grown too large.
    """,
    "MW005": """
        A path leaves the mesh.

        ## What it does
        Looks for files and folders that lead out of the mesh's folder, by `..` or by a symbolic link.

        ## Why is this bad
        What lies outside is not part of what was reviewed, differs from machine to machine, and may be
        private.

        ## Example
        `domains/brokerage/deals/contracts/deals.yaml` is a link to `/home/me/deals.yaml`.

        ## What to do instead
        Copy the file into the mesh.
    """,
    "MW006": """
        A file is missing, cannot be read, or cannot be what its place says.

        ## What it does
        Looks for products without `product.yaml`, files that cannot be read, file names in `models` that
        name no model, and models that are there twice.

        ## Why is this bad
        A product is what its folder holds. What is not understood would silently not be part of it.

        ## Example
        `domains/brokerage/deals/models/signed deals.sql`

        ## What to do instead
        Name models `NAME.sql`, `NAME@MAJOR.sql` or `NAME.py`, and the declaration `product.yaml`.
    """,
}
