"""A complete key in every row, none twice.

## What it means
The properties with `primaryKey: true`, in the order of `primaryKeyPosition`, are the key. Counted are the
rows where a part of it is null, and those that repeat a key: each after the first.

## Example
```yaml
schema:
  - name: lines
    properties:
      - {name: order_id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
      - {name: number, logicalType: integer, primaryKey: true, primaryKeyPosition: 2}
```

Rows that pass:
```json
{"order_id": 1, "number": 1}
{"order_id": 1, "number": 2}
```

Rows that fail:
```json
{"order_id": 1, "number": 1}
{"order_id": 1, "number": 1}
{"order_id": 2, "number": null}
```
"""

SCANNED = (
    "The different values are counted, once for each group of files whose ranges of the first "
    "column meet; files whose ranges do not meet cannot share a value. Whole numbers that lie "
    "close together are counted in a bitmap, others are grouped, which spills to disk. Null "
    "counts in statistics may tell how many rows have a complete key."
)

REMEMBERED = (
    "The count of each such group of files, while they stay the same. When files are added, "
    "the new values are compared only with files whose ranges they meet."
)
