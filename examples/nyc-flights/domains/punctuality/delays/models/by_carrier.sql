SELECT
  f.carrier,
  f.origin,
  f.month,
  any_value(a.name) AS airline,
  count(*) AS flights,
  count(*) FILTER (WHERE f.dep_time IS NULL) AS cancelled,
  count(*) FILTER (WHERE f.dep_delay >= 15) AS late,
  avg(f.dep_delay) AS mean_departure_delay,
  avg(f.arr_delay) AS mean_arrival_delay
FROM flights.flights AS f
JOIN fleet.airlines AS a ON a.carrier = f.carrier
GROUP BY f.carrier, f.origin, f.month
