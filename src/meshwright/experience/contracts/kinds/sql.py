"""A query that returns the right value.

## What it means
A rule of type `sql` is one `SELECT` in DuckDB's dialect that returns one value, which an operator judges.
`{object}` and `{property}` stand for what the rule belongs to. It may read the objects of its contract
and nothing else: files, settings, other relations and statements that write are errors that name what was
refused. Text that it returns is withheld where the object has classified columns.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: ordered_on, logicalType: date}
      - {name: sent_on, logicalType: date}
    quality:
      - type: sql
        query: SELECT count(*) FROM {object} WHERE sent_on < ordered_on
        mustBe: 0
```

Rows that pass:
```json
{"ordered_on": "2026-01-05", "sent_on": "2026-01-06"}
```

Rows that fail:
```json
{"ordered_on": "2026-01-05", "sent_on": "2026-01-01"}
```
"""

SCANNED = "By running the query."

REMEMBERED = (
    "The whole number that it returned, while all files of the object stay the same: only where the query "
    "reads no other object and uses no function of time or chance. A query that counts the rows of its "
    "object one by one (`SELECT count(*) FROM {object} WHERE ...`, with no subquery) then reads added files "
    "only."
)
