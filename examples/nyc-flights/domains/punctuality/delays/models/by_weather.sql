WITH judged AS (
  SELECT
    origin,
    time_hour,
    CASE
      WHEN precip > 0 THEN 'rain_or_snow'
      WHEN visib < 3 THEN 'low_visibility'
      WHEN wind_speed BETWEEN 25 AND 253 THEN 'strong_wind'
      ELSE 'fair'
    END AS weather
  FROM observations.weather
)
SELECT
  f.origin,
  coalesce(w.weather, 'unknown') AS weather,
  count(*) AS flights,
  avg(f.dep_delay) AS mean_departure_delay,
  count(*) FILTER (WHERE f.dep_time IS NULL)::DOUBLE / count(*)::DOUBLE AS cancelled_share
FROM flights.flights AS f
LEFT JOIN judged AS w ON w.origin = f.origin AND w.time_hour = f.time_hour
GROUP BY ALL
