"""Every reference leads somewhere.

## What it means
`relationships` of a property or an object name the columns that it refers to, in this contract or
another. Counted are the rows (on items: the items) whose values are complete and are not there. Where the
other object's data are not at hand the check is skipped, with the reason.

## Example
```yaml
schema:
  - name: orders
    properties:
      - name: customer
        logicalType: integer
        relationships: [{to: customers.id}]
  - name: customers
    properties:
      - {name: id, logicalType: integer}
```

Rows of `customers`:
```json
{"id": 1}
{"id": 2}
```

Rows that pass:
```json
{"customer": 1}
{"customer": null}
```

Rows that fail:
```json
{"customer": 1}
{"customer": 9}
```
"""

SCANNED = (
    "By one anti-join with the columns that are referred to, which spills to disk; over Parquet files only "
    "those are read that can hold a partner by their bounds."
)

REMEMBERED = (
    "Over Parquet files on both sides: how many rows of a file lead nowhere in these files of the other "
    "object. Where none did, none does when files are added there."
)
