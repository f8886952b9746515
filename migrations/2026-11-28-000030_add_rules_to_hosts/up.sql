-- Who belongs to an agency now, whichever it is, in the order of a list.
CREATE INDEX memberships_open_idx ON memberships (starts_at, id) WHERE ends_at IS NULL;

-- How long sessions were on a day that are long enough for the policy of its week, to the microsecond: whether the day is
-- an active one is asked by the policy, too. Days only; weeks and months have no such rule.
ALTER TABLE membership_totals
  ADD COLUMN valid_micros bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT membership_totals_valid_micros_within_range CHECK (valid_micros BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT membership_totals_valid_micros_of_days CHECK (valid_micros = 0 OR period = 'daily');

-- The next start makes all totals anew.
DELETE FROM totals_calendar;
DELETE FROM host_totals;
DELETE FROM fan_totals;
