-- A space is free from the day after its last lease ended, or from the day we bought it.
WITH gaps AS (
  SELECT
    l.building_id,
    l.start_on,
    coalesce(
      lag(l.end_on) OVER (PARTITION BY l.space_id ORDER BY l.start_on) + 1,
      b.acquired_on
    ) AS free_from
  FROM leases.leases AS l
  JOIN buildings.buildings AS b ON b.building_id = l.building_id
)
SELECT
  date_trunc('quarter', g.start_on)::DATE AS quarter,
  b.city,
  b.grade,
  count(*) AS lettings,
  median(date_diff('day', g.free_from, g.start_on))::DOUBLE AS median_days,
  max(date_diff('day', g.free_from, g.start_on)) AS slowest_days
FROM gaps AS g
JOIN buildings.buildings AS b ON b.building_id = g.building_id
WHERE g.start_on >= g.free_from
GROUP BY ALL
