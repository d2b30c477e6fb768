SELECT event_id, deal_id, from_stage, to_stage, broker_id, occurred_at
FROM changes(crm.deal_events)
