SELECT carrier, name
FROM airlines_file.airlines
