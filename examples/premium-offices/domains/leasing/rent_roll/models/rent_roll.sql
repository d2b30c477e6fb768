WITH indexed AS (
  SELECT
    c.month,
    l.*,
    (
      l.rent_eur_sqm_year
      * pow(1 + l.indexation_percent / 100.0, date_diff('month', l.start_on, c.month) // 12)
    )::DECIMAL(10, 2) AS rent_now
  FROM leases.leases AS l
  JOIN calendar AS c ON c.month BETWEEN l.start_on AND l.end_on
)
SELECT
  month,
  lease_id,
  building_id,
  space_id,
  tenant_id,
  area_sqm,
  rent_now AS rent_eur_sqm_year,
  (rent_now * area_sqm)::DECIMAL(14, 2) AS yearly_rent_eur
FROM indexed
