"""A rule for another engine.

## What it means
A rule of type `custom` holds what the engine in `engine` understands. A rule for an engine that is not
run here is listed and skipped with the reason; `--strict` makes that a failure.

## Example
```yaml
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer}
    quality:
      - type: custom
        engine: montecarlo
        implementation: "monitor: orders"
```

Whatever the rows are, it is skipped:
```json
{"id": 1}
```

and again:
```json
{"id": 2}
```
"""

SCANNED = "Never."

REMEMBERED = "Never."
