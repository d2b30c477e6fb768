-- The 36 months up to that of the newest lease record.
SELECT unnest(generate_series(
  date_trunc('month', max(recorded_on)) - INTERVAL 35 MONTH,
  date_trunc('month', max(recorded_on))::TIMESTAMP,
  INTERVAL 1 MONTH
))::DATE AS month
FROM leases.leases
