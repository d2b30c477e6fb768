"""A value in a known format.

## What it means
For texts: `email`, `uuid`, `uri`, `hostname`, `ipv4`, `ipv6`, `byte` (Base64), `date`, `time`,
`date-time`, or a layout such as `yyyy-MM-dd`. For integers `i8` to `i128` and `u8` to `u128` are ranges.
`timezone` says whether timestamps have zones, `normalized` that a vector has length 1. `password` and
`binary` say how to treat a value, not which are valid; they are skipped, as are formats that are not
known.

## Example
```yaml
schema:
  - name: customers
    properties:
      - name: email
        logicalType: string
        logicalTypeOptions: {format: email}
```

Rows that pass:
```json
{"email": "ada@example.org"}
{"email": null}
```

Rows that fail:
```json
{"email": "ada@example.org"}
{"email": "ada at example"}
```
"""

SCANNED = (
    "In one scan with all other checks of the object. Text that Parquet keeps as a dictionary "
    "is tested once per different value."
)
