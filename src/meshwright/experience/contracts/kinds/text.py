"""A rule in words.

## What it means
A rule of type `text` is for people. It is listed with every result and skipped, as no machine can check
it; `--strict` makes that a failure.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer}
    quality:
      - type: text
        description: Amounts are plausible for the season.
```

Whatever the rows are, it is skipped:
```json
{"id": 1}
```

and again:
```json
{"id": 2}
```
"""

SCANNED = "Never."

REMEMBERED = "Never."
