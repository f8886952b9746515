-- Diamonds that no gift brought: few beside the gifts, and summed for every balance.
CREATE INDEX host_income_other_idx ON host_income (host_id, created_at, id) WHERE gift_id IS NULL;
