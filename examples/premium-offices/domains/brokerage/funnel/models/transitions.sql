SELECT
  event_id,
  deal_id,
  broker_id,
  from_stage,
  to_stage,
  to_stage <> 'lost' AS is_forward,
  date_trunc('month', occurred_at AT TIME ZONE 'UTC')::DATE AS month
FROM changes(stage_events.stage_events)
WHERE from_stage IS NOT NULL
