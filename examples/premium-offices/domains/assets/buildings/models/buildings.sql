-- The register as it is: cleaning happens where the data are born.
SELECT
  building_id,
  name,
  city,
  submarket,
  postal_code,
  latitude,
  longitude,
  grade,
  built_year,
  energy_label,
  floors,
  lettable_area_sqm,
  acquired_on,
  acquisition_price_eur
FROM building_register.buildings
