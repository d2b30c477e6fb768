"""As many items as allowed.

## What it means
`minItems` and `maxItems` bound the items of an array, `minProperties` and `maxProperties` the entries of
a map or the filled parts of an object, `dimensions` the numbers in a vector. Null has no size.

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: tags
        logicalType: array
        items: {logicalType: string}
        logicalTypeOptions: {minItems: 1, maxItems: 2}
```

Rows that pass:
```json
{"tags": ["new"]}
{"tags": null}
```

Rows that fail:
```json
{"tags": ["new"]}
{"tags": []}
{"tags": ["a", "b", "c"]}
```
"""
