SELECT
  deal_id,
  prospect_id,
  space_id,
  broker_id,
  stage,
  area_sqm,
  rent_eur_sqm_year,
  (rent_eur_sqm_year * area_sqm)::DECIMAL(14, 2) AS yearly_rent_eur,
  lease_id,
  lost_reason,
  created_at,
  updated_at
FROM crm.deals
