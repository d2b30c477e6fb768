WITH open AS (
  SELECT
    b.city,
    d.stage,
    count(*) AS deals,
    sum(d.area_sqm) AS area_sqm,
    sum(d.yearly_rent_eur) AS yearly_rent_eur
  FROM deals.deals AS d
  JOIN buildings.spaces AS s ON s.space_id = d.space_id
  JOIN buildings.buildings AS b ON b.building_id = s.building_id
  WHERE d.stage NOT IN ('signed', 'lost')
  GROUP BY b.city, d.stage
),
cities AS (
  SELECT DISTINCT city FROM buildings.buildings
)
SELECT
  cities.city,
  c.stage,
  coalesce(o.deals, 0)::BIGINT AS deals,
  coalesce(o.area_sqm, 0)::BIGINT AS area_sqm,
  coalesce(o.yearly_rent_eur, 0)::DECIMAL(16, 2) AS yearly_rent_eur,
  (coalesce(o.yearly_rent_eur, 0)::DOUBLE * c.signed_share)::DECIMAL(16, 2) AS weighted_rent_eur
FROM cities
CROSS JOIN funnel.conversion AS c
LEFT JOIN open AS o ON o.city = cities.city AND o.stage = c.stage
