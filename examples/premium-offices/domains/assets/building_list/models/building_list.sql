SELECT
  building_id,
  name || ', ' || city AS building,
  grade,
  lettable_area_sqm AS area_sqm
FROM buildings.buildings
