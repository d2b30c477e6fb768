WITH months AS (
  SELECT DISTINCT month FROM rent_roll.rent_roll
),
let AS (
  SELECT month, building_id, sum(area_sqm) AS area_sqm
  FROM rent_roll.rent_roll
  GROUP BY month, building_id
)
SELECT
  m.month,
  b.building_id,
  b.lettable_area_sqm::BIGINT AS lettable_area_sqm,
  coalesce(l.area_sqm, 0)::BIGINT AS let_area_sqm,
  (b.lettable_area_sqm - coalesce(l.area_sqm, 0))::BIGINT AS vacant_area_sqm,
  (b.lettable_area_sqm - coalesce(l.area_sqm, 0))::DOUBLE / b.lettable_area_sqm AS vacancy_rate
FROM buildings.buildings AS b
JOIN months AS m ON m.month >= b.acquired_on
LEFT JOIN let AS l ON l.building_id = b.building_id AND l.month = m.month
