DROP TABLE totals_calendar;
DROP TABLE fan_totals;
DROP TABLE host_totals;
