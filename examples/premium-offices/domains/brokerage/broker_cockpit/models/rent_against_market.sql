WITH passing AS (
  SELECT
    b.submarket,
    b.grade,
    any_value(b.city) AS city,
    sum(r.area_sqm) AS area_sqm,
    sum(r.yearly_rent_eur) / sum(r.area_sqm) AS rent
  FROM rent_roll.rent_roll AS r
  JOIN buildings.buildings AS b ON b.building_id = r.building_id
  WHERE r.month = (SELECT max(month) FROM rent_roll.rent_roll)
  GROUP BY b.submarket, b.grade
),
market AS (
  SELECT submarket, grade, max_by(rent_eur_sqm_year, quarter) AS rent
  FROM market_rents.market_rents
  GROUP BY submarket, grade
)
SELECT
  p.submarket,
  p.grade,
  p.city,
  p.area_sqm::BIGINT AS let_area_sqm,
  p.rent::DECIMAL(10, 2) AS passing_rent_eur_sqm_year,
  m.rent::DECIMAL(10, 2) AS market_rent_eur_sqm_year,
  round(100 * (p.rent::DOUBLE / m.rent::DOUBLE - 1), 1) AS difference_percent
FROM passing AS p
JOIN market AS m ON m.submarket = p.submarket AND m.grade = p.grade
