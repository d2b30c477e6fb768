SELECT
  o.month,
  b.city,
  sum(o.lettable_area_sqm)::BIGINT AS lettable_area_sqm,
  sum(o.vacant_area_sqm)::BIGINT AS vacant_area_sqm
FROM occupancy.building_occupancy AS o
JOIN buildings.buildings AS b ON b.building_id = o.building_id
GROUP BY o.month, b.city
