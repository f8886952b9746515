DROP TABLE salary_policies;
