"""No value twice.

## What it means
`unique: true` counts the rows that repeat a value: each after the first. Nulls are left out. NaN is equal
to itself, and negative zero to zero. On items of an array, items are counted.

## Example
```yaml
schema:
  - name: customers
    properties:
      - {name: email, logicalType: string, unique: true}
```

Rows that pass:
```json
{"email": "ada@example.org"}
{"email": null}
{"email": null}
```

Rows that fail:
```json
{"email": "ada@example.org"}
{"email": "ada@example.org"}
```
"""

SCANNED = (
    "The different values are counted, once for each group of files whose ranges of the first "
    "column meet; files whose ranges do not meet cannot share a value. Whole numbers that lie "
    "close together are counted in a bitmap, others are grouped, which spills to disk."
)

REMEMBERED = (
    "The count of each such group of files, while they stay the same. When files are added, "
    "the new values are compared only with files whose ranges they meet."
)
