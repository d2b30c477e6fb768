-- Only what the market has a rent for is compared, with the areas that we let: like with like.
WITH let AS (
  SELECT
    date_trunc('quarter', r.month)::DATE AS quarter,
    b.submarket,
    b.grade,
    any_value(b.city) AS city,
    sum(r.area_sqm) / 3 AS area_sqm,
    sum(r.yearly_rent_eur) / 3 AS rent
  FROM rent_roll.rent_roll AS r
  JOIN buildings.buildings AS b ON b.building_id = r.building_id
  GROUP BY ALL
)
SELECT
  l.quarter,
  l.city,
  l.grade,
  sum(l.area_sqm)::BIGINT AS let_area_sqm,
  sum(l.rent)::DECIMAL(16, 2) AS yearly_rent_eur,
  sum(l.area_sqm * m.rent_eur_sqm_year)::DECIMAL(16, 2) AS at_market_rent_eur
FROM let AS l
JOIN market_rents.market_rents AS m
  ON m.submarket = l.submarket AND m.grade = l.grade AND m.quarter = l.quarter
GROUP BY l.quarter, l.city, l.grade
