SELECT
  id,
  trim(name) AS name,
  amount,
  recorded_on
FROM source.@@product@@
WHERE amount IS NOT NULL
