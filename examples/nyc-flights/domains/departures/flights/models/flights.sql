SELECT
  f.time_hour,
  f.carrier,
  f.flight,
  f.year,
  f.month,
  f.day,
  f.hour,
  f.minute,
  f.sched_dep_time,
  f.dep_time,
  f.dep_delay,
  f.sched_arr_time,
  f.arr_time,
  f.arr_delay,
  f.origin,
  f.dest,
  a.faa IS NOT NULL AS destination_is_known,
  f.tailnum,
  p.tailnum IS NOT NULL AS plane_is_known,
  f.air_time,
  f.distance
FROM bts.flights AS f
LEFT JOIN airports.airports AS a ON a.faa = f.dest
LEFT JOIN fleet.planes AS p ON p.tailnum = f.tailnum
