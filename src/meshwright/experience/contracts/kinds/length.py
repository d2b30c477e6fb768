"""As many characters as allowed.

## What it means
`minLength` and `maxLength` bound the characters (Unicode code points) of a text, and the bytes of binary
data. Null has no length.

## Example
```yaml
schema:
  - name: customers
    properties:
      - name: country
        logicalType: string
        logicalTypeOptions: {minLength: 2, maxLength: 2}
```

Rows that pass:
```json
{"country": "GB"}
{"country": null}
```

Rows that fail:
```json
{"country": "GB"}
{"country": "usa"}
```
"""

SCANNED = (
    "In one scan with all other checks of the object. Text that Parquet keeps as a dictionary "
    "is tested once per different value. Where only `maxLength` is given, bytes are counted "
    "first: texts that have no more bytes than that have no more characters."
)
