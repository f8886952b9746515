DROP TABLE coin_movements;
