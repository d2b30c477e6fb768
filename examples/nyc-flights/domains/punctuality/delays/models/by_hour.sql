SELECT
  origin,
  hour,
  count(*) AS flights,
  avg(dep_delay) AS mean_departure_delay,
  count(*) FILTER (WHERE dep_delay >= 15)::DOUBLE / count(*)::DOUBLE AS late_share
FROM flights.flights
GROUP BY origin, hour
