DROP TABLE membership_totals;
DROP TABLE memberships;
