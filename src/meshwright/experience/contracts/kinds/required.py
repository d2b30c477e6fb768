"""A value in every row.

## What it means
`required: true` counts the rows without a value. An empty text is a value. A required part of an object
counts where the object is there and the part is not; parts of an object that is null are not missing.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: amount, logicalType: number, required: true}
```

Rows that pass:
```json
{"amount": 12.5}
{"amount": 0}
```

Rows that fail:
```json
{"amount": 12.5}
{"amount": null}
```
"""
