"""No item twice in an array.

## What it means
`uniqueItems: true` counts the rows whose array holds an item more than once. Different rows may hold the
same items.

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: tags
        logicalType: array
        items: {logicalType: string}
        logicalTypeOptions: {uniqueItems: true}
```

Rows that pass:
```json
{"tags": ["new", "big"]}
{"tags": ["new"]}
```

Rows that fail:
```json
{"tags": ["new", "big", "new"]}
```
"""
