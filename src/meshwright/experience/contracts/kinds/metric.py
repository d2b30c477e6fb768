"""A metric of the library, compared with a number.

## What it means
Rules of type `library` (the default) measure the rows that are null (`nullValues`), null or one of a list
(`missingValues`), not valid (`invalidValues`), or repeat a value (`duplicateValues`), or all rows
(`rowCount`); an operator says what will do. With `unit: percent` the measure is a share of the object's
rows, and no rows are 0 %. `mustBeBetween` includes both ends. Severity `warning` or `info` makes a
failure a warning. The arguments of each metric are in [verification](../verification.md#library-metrics).

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: amount
        logicalType: number
        quality:
          - type: library
            metric: nullValues
            mustBeLessThan: 50
            unit: percent
```

Rows that pass:
```json
{"amount": 12.5}
{"amount": 3}
{"amount": null}
```

Rows that fail:
```json
{"amount": 12.5}
{"amount": null}
```
"""

PROVED = (
    "As the metric allows: `rowCount` from row counts; `nullValues` as "
    "[`required`](required.md); `invalidValues` as [`bounds`](bounds.md) where it has bounds "
    "only, else as [`enum`](enum.md); the others never."
)

SCANNED = "In one scan with all other checks of the object; `duplicateValues` as [`unique`](unique.md)."

REMEMBERED = "The count of each file; `duplicateValues` as [`unique`](unique.md)."
