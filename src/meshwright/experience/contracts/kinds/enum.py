"""One of the listed values.

## What it means
`enum` lists the values that a column may hold; counted are rows with another one. Null is not among the
violations. Values are compared as the column's type does: `2` and `2.0` are the same number.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: status, logicalType: string, enum: [{value: open}, {value: paid}]}
```

Rows that pass:
```json
{"status": "open"}
{"status": null}
```

Rows that fail:
```json
{"status": "open"}
{"status": "lost"}
```
"""

SCANNED = (
    "In one scan with all other checks of the object. Text that Parquet keeps as a dictionary "
    "is tested once per different value."
)
