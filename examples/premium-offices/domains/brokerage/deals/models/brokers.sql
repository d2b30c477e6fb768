SELECT broker_id, name, lower(email) AS email, office, active
FROM crm.brokers
