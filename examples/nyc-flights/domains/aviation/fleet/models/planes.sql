SELECT tailnum, year, type, manufacturer, model, engines, seats, speed, engine
FROM faa_registry.planes
