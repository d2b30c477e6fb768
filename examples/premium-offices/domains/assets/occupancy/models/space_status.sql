-- "Today" is the day of the newest lease record: a rebuild of old data tells of its own day.
WITH today AS (
  SELECT max(recorded_on) AS day FROM leases.leases
),
running AS (
  SELECT l.space_id, l.lease_id, l.end_on
  FROM leases.leases AS l, today AS t
  WHERE t.day BETWEEN l.start_on AND l.end_on
),
coming AS (
  SELECT l.space_id, min_by(l.lease_id, l.start_on) AS lease_id
  FROM leases.leases AS l, today AS t
  WHERE l.start_on > t.day
  GROUP BY l.space_id
),
past AS (
  SELECT l.space_id, max(l.end_on) AS end_on
  FROM leases.leases AS l, today AS t
  WHERE l.end_on < t.day
  GROUP BY l.space_id
)
SELECT
  s.space_id,
  s.building_id,
  s.area_sqm,
  CASE
    WHEN r.lease_id IS NOT NULL THEN 'let'
    WHEN c.lease_id IS NOT NULL THEN 'reserved'
    ELSE 'vacant'
  END AS status,
  coalesce(r.lease_id, c.lease_id) AS lease_id,
  CASE
    WHEN r.lease_id IS NOT NULL THEN r.end_on + 1
    WHEN c.lease_id IS NULL THEN coalesce(p.end_on + 1, b.acquired_on)
  END AS free_from,
  CASE
    WHEN r.lease_id IS NULL AND c.lease_id IS NULL
      THEN date_diff('day', coalesce(p.end_on + 1, b.acquired_on), t.day)
  END AS days_vacant
FROM buildings.spaces AS s
JOIN buildings.buildings AS b ON b.building_id = s.building_id
CROSS JOIN today AS t
LEFT JOIN running AS r ON r.space_id = s.space_id
LEFT JOIN coming AS c ON c.space_id = s.space_id
LEFT JOIN past AS p ON p.space_id = s.space_id
