SELECT
  quarter,
  submarket,
  grade,
  city,
  rent_eur_sqm_year::DECIMAL(10, 2) AS rent_eur_sqm_year,
  transactions
FROM market_api.rents
