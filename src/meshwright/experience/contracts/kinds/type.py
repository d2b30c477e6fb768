"""The column's type is assignable to the contract's.

## What it means
`logicalType`, and `physicalType`, `format` and `timezone` where given, say which types will do. Without
`physicalType`, every type of the logical type's family does: a `number` may be a decimal or a double, an
`integer` one of any size. Parts of objects, items of arrays, and keys and values of maps have type checks
of their own.

Precision and scale of a `physicalType` (`decimal(10,2)`) are checked everywhere. The length of a text
(`varchar(20)`, `char(3)`) is checked where the system has such types: in PostgreSQL a column that may hold
longer texts fails. Files and DuckDB know no lengths; there, say `maxLength`.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer}
      - {name: ordered_on, logicalType: date}
```

Rows that pass:
```json
{"id": 1, "ordered_on": "2026-01-05"}
```

Rows that fail:
```json
{"id": "A-1", "ordered_on": "5 January"}
```
"""
