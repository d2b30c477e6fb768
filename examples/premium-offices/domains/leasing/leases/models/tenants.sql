SELECT
  tenant_id,
  name,
  sector,
  registration_number,
  country,
  contact_name,
  lower(contact_email) AS contact_email,
  contact_phone
FROM tenant_register.tenants
