-- Only what changed since the last publication; merged by prospect_id.
SELECT
  prospect_id,
  company,
  sector,
  channel,
  preferred_city,
  round(wanted_area_sqm)::INTEGER AS wanted_area_sqm,
  contact_name,
  lower(contact_email) AS contact_email,
  contact_phone,
  created_at,
  updated_at
FROM changes(crm.prospects)
