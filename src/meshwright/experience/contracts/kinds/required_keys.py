"""Values for the named parts of an object.

## What it means
`required` among the options of an object lists parts that must have a value in every row where the object
is there.

## Example
```yaml
schema:
  - name: customers
    properties:
      - name: address
        logicalType: object
        logicalTypeOptions: {required: [city]}
        properties:
          - {name: street, logicalType: string}
          - {name: city, logicalType: string}
```

Rows that pass:
```json
{"address": {"street": "High Street", "city": "London"}}
{"address": null}
```

Rows that fail:
```json
{"address": {"street": "High Street", "city": "London"}}
{"address": {"street": "Low Street", "city": null}}
```
"""
