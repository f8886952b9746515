DROP TABLE salary_statements;
DROP TABLE salary_weeks;
