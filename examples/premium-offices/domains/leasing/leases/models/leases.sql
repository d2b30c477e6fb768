-- The newest version of each lease. `rank`, not `row_number`: a lease that is delivered twice on the
-- same day stays twice, so that the contract's key notices it.
SELECT
  l.lease_id,
  l.space_id,
  s.building_id,
  l.tenant_id,
  l.signed_on,
  l.start_on,
  l.end_on,
  l.area_sqm,
  l.rent_eur_sqm_year,
  l.indexation_percent,
  l.incentive_months,
  l.status,
  l.recorded_on
FROM lease_register.leases AS l
LEFT JOIN buildings.spaces AS s ON s.space_id = l.space_id
QUALIFY rank() OVER (PARTITION BY l.lease_id ORDER BY l.recorded_on DESC) = 1
