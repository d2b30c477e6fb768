"""A multiple of a number.

## What it means
`multipleOf` is exact for integers and decimals; a floating-point value counts as the decimal that it is
written as, so that 0.07 is a multiple of 0.01. NaN and infinities are no multiples. Null is left out.

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: amount
        logicalType: number
        logicalTypeOptions: {multipleOf: 0.05}
```

Rows that pass:
```json
{"amount": 12.35}
{"amount": null}
```

Rows that fail:
```json
{"amount": 12.35}
{"amount": 12.34}
```
"""
