DROP INDEX host_income_other_idx;
