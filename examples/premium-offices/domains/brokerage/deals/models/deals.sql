-- Version 1: the words of the old CRM. A stage that it did not know becomes NULL, which the
-- contract refuses.
SELECT
  deal_id,
  space_id,
  broker_id,
  CASE stage
    WHEN 'enquiry' THEN 'lead'
    WHEN 'viewing' THEN 'visit'
    WHEN 'proposal' THEN 'offer'
    WHEN 'negotiation' THEN 'negotiation'
    WHEN 'signed' THEN 'won'
    WHEN 'lost' THEN 'lost'
  END AS stage,
  (rent_eur_sqm_year * area_sqm / 12)::DECIMAL(12, 2) AS monthly_rent_eur
FROM crm.deals
