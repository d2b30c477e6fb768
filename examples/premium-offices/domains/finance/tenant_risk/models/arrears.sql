WITH today AS (
  SELECT max(paid_on) AS day FROM invoices.payments
),
paid AS (
  SELECT invoice_id, sum(amount_eur) AS amount_eur
  FROM invoices.payments
  GROUP BY invoice_id
)
SELECT
  i.tenant_id,
  t.sector,
  count(*) AS open_invoices,
  sum(i.gross_eur - coalesce(p.amount_eur, 0))::DECIMAL(14, 2) AS open_eur,
  min(i.due_on) AS oldest_due_on
FROM invoices.invoices AS i
JOIN tenants.tenants AS t ON t.tenant_id = i.tenant_id
LEFT JOIN paid AS p ON p.invoice_id = i.invoice_id
WHERE i.due_on < (SELECT day FROM today) AND coalesce(p.amount_eur, 0) < i.gross_eur
GROUP BY i.tenant_id, t.sector
