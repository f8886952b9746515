DROP TABLE host_income;
