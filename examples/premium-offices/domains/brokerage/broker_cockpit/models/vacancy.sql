WITH wanted AS (
  SELECT DISTINCT space_id
  FROM deals.deals
  WHERE stage NOT IN ('signed', 'lost')
)
SELECT
  b.submarket,
  any_value(b.city) AS city,
  sum(s.area_sqm)::BIGINT AS lettable_area_sqm,
  coalesce(sum(s.area_sqm) FILTER (WHERE s.status = 'vacant'), 0)::BIGINT AS vacant_area_sqm,
  count(*) FILTER (WHERE s.status = 'vacant') AS vacant_spaces,
  coalesce(sum(s.area_sqm) FILTER (WHERE s.status = 'vacant'), 0)::DOUBLE / sum(s.area_sqm)::DOUBLE
    AS vacancy_rate,
  max(s.days_vacant) AS longest_vacant_days,
  count(*) FILTER (WHERE s.status = 'vacant' AND w.space_id IS NULL) AS vacant_spaces_without_deal
FROM occupancy.space_status AS s
JOIN buildings.buildings AS b ON b.building_id = s.building_id
LEFT JOIN wanted AS w ON w.space_id = s.space_id
GROUP BY b.submarket
