"""The column is there.

## What it means
Every property with a name must be a column of the data; inside an object, a part of it. In data the
column is called by `physicalName` where there is one, else by `name`. Columns that the contract does not
name are allowed. The other checks of a column that is missing are skipped, and say why.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: id}
      - {name: amount, physicalName: amount_eur}
```

Rows that pass:
```csv
id,amount_eur
1,12.5
```

Rows that fail:
```csv
id,amount
1,12.5
```
"""
