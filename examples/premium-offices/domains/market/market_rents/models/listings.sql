SELECT
  listing_id,
  submarket,
  grade,
  area_sqm,
  asking_rent_eur_sqm_year::DECIMAL(10, 2) AS asking_rent_eur_sqm_year,
  listed_on,
  provider
FROM market_api.listings
