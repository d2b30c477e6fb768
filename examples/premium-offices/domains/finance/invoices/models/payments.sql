SELECT payment_id, invoice_id, paid_on, amount_eur, method
FROM payment_drop.payments
