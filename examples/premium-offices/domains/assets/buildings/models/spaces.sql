-- The space register also knows spaces of buildings that we are about to buy: those wait.
SELECT
  s.space_id,
  s.building_id,
  s.floor,
  s.area_sqm,
  s.fit_out,
  s.asking_rent_eur_sqm_year
FROM space_register.spaces AS s
SEMI JOIN building_register.buildings AS b ON s.building_id = b.building_id
