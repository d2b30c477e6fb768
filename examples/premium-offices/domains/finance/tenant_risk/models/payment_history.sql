-- One row per invoice that is paid in full: how many days late the last part came.
SELECT
  i.tenant_id,
  i.period,
  date_diff('day', i.due_on, max(p.paid_on)) AS days_late
FROM invoices.invoices AS i
JOIN invoices.payments AS p ON p.invoice_id = i.invoice_id
GROUP BY i.invoice_id, i.tenant_id, i.period, i.due_on, i.gross_eur
HAVING sum(p.amount_eur) >= i.gross_eur
