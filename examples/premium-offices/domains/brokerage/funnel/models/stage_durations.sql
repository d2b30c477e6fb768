WITH days AS (
  SELECT
    event_id,
    deal_id,
    to_stage AS stage,
    (occurred_at AT TIME ZONE 'UTC')::DATE AS entered_on
  FROM stage_events.stage_events
),
stays AS (
  SELECT
    deal_id,
    stage,
    entered_on,
    lead(entered_on) OVER (PARTITION BY deal_id ORDER BY event_id) AS left_on
  FROM days
)
SELECT
  deal_id,
  stage,
  entered_on,
  left_on,
  date_diff('day', entered_on, left_on) AS days
FROM stays
WHERE left_on IS NOT NULL
