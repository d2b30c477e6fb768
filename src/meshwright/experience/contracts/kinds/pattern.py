"""A text that a regular expression finds.

## What it means
`pattern` is an unanchored RE2 search on every engine: write `^` and `$` where the whole text is meant.
RE2 has no look-around and no back-references and cannot run for ever; a pattern that it cannot run is an
error that names it, also when there are no rows. Null needs no match.

## Example
```yaml
schema:
  - name: customers
    properties:
      - name: phone
        logicalType: string
        logicalTypeOptions: {pattern: "^[+][0-9]+$"}
```

Rows that pass:
```json
{"phone": "+441632960961"}
{"phone": null}
```

Rows that fail:
```json
{"phone": "+441632960961"}
{"phone": "ask Bob"}
```
"""

SCANNED = (
    "In one scan with all other checks of the object. Text that Parquet keeps as a dictionary "
    "is tested once per different value."
)
