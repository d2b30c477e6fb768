SELECT
  invoice_id,
  lease_id,
  tenant_id,
  period,
  issued_on,
  due_on,
  net_eur,
  vat_eur,
  (net_eur + vat_eur)::DECIMAL(12, 2) AS gross_eur
FROM invoice_drop.invoices
