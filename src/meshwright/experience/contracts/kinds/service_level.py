"""A promise about time that the data keep.

## What it means
`slaProperties` promise how old data may be: `latency` (or `freshness`) and `frequency` bound the age of
the newest value of `element`, `retention` that of the oldest. Where there is no value at all, latency and
frequency are skipped; a newest value that lies in the future shows nothing, and is an error. Levels that
data cannot show are listed and skipped. Units and finer points are in
[verification](../verification.md#service-levels).

## Example
```yaml
slaProperties:
  - {property: retention, value: 900, unit: y, element: orders.ordered_at}
schema:
  - name: orders
    properties:
      - {name: ordered_at, logicalType: timestamp}
```

Rows that pass:
```json
{"ordered_at": "2026-01-05T10:00:00"}
```

Rows that fail:
```json
{"ordered_at": "1026-01-05T10:00:00"}
{"ordered_at": "2026-01-05T10:00:00"}
```
"""

REMEMBERED = (
    "The oldest and newest value of files that stay the same; never the verdict, which depends on the time."
)
