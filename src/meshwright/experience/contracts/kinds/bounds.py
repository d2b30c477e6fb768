"""A value within limits.

## What it means
`minimum`, `maximum`, `exclusiveMinimum` and `exclusiveMaximum` bound numbers, dates, times and
timestamps. They are compared exactly, whatever the column's type. NaN is outside every bound. Dates and
timestamps are ISO 8601; a timestamp without a zone is in `defaultTimezone` (UTC) where the column has
zones. Null is within.

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: amount
        logicalType: number
        logicalTypeOptions: {minimum: 0, exclusiveMaximum: 100000}
```

Rows that pass:
```json
{"amount": 0}
{"amount": 99999.99}
{"amount": null}
```

Rows that fail:
```json
{"amount": -0.01}
{"amount": 100000}
```
"""
