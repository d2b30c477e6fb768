SELECT
  origin,
  time_hour,
  year,
  month,
  day,
  hour,
  temp,
  dewp,
  humid,
  wind_dir,
  wind_speed,
  wind_gust,
  precip,
  pressure,
  visib
FROM stations.weather
