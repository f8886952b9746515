DROP INDEX memberships_open_idx;
