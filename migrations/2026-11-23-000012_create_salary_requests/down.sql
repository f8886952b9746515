DROP TABLE salary_requests;
