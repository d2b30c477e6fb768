"""How late tenants pay: an average in which an invoice six invoices older counts half."""

from collections import defaultdict

import pyarrow as pa

HALF_LIFE = 6
POINTS_PER_DAY = 10


def model(payment_history: pa.RecordBatchReader) -> pa.Table:
    """One row per tenant with at least three paid invoices."""
    lateness: dict[str, list[tuple[object, int]]] = defaultdict(list)
    for batch in payment_history:
        for row in batch.to_pylist():
            lateness[row["tenant_id"]].append((row["period"], row["days_late"]))
    scores = []
    for tenant, paid in sorted(lateness.items()):
        if len(paid) < 3:
            continue
        newest_first = [days for _, days in sorted(paid, reverse=True)]
        weights = [0.5 ** (age / HALF_LIFE) for age in range(len(newest_first))]
        late = sum(days * weight for days, weight in zip(newest_first, weights, strict=True)) / sum(weights)
        score = min(100.0, max(0.0, 100.0 - POINTS_PER_DAY * late))
        scores.append((tenant, len(paid), round(late, 2), round(score, 1)))
    return pa.table(
        {
            "tenant_id": pa.array([row[0] for row in scores], pa.string()),
            "paid_invoices": pa.array([row[1] for row in scores], pa.int64()),
            "days_late": pa.array([row[2] for row in scores], pa.float64()),
            "score": pa.array([row[3] for row in scores], pa.float64()),
        }
    )
