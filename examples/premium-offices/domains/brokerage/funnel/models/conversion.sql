SELECT
  d.stage,
  count(*) AS reached,
  count(*) FILTER (WHERE c.stage = 'signed') AS signed,
  count(*) FILTER (WHERE c.stage = 'signed')::DOUBLE / count(*)::DOUBLE AS signed_share,
  median(d.days)::DOUBLE AS median_days
FROM stage_durations AS d
JOIN deals.deals AS c ON c.deal_id = d.deal_id
WHERE c.stage IN ('signed', 'lost')
GROUP BY d.stage
