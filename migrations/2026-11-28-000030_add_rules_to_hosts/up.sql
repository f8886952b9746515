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

-- A card is one host's, as long as an application of his with it is pending or approved; he may use it again. Equal hashes
-- are a range of one hash, and another host is another address, because an index that needs no extension knows neither equal
-- hashes nor other numbers.
CREATE TYPE card_hash_range AS RANGE (subtype = bytea);
ALTER TABLE host_applications
  ADD CONSTRAINT host_applications_one_host_per_card
    EXCLUDE USING gist (
      card_hash_range(card_hash, card_hash, '[]') WITH &&,
      ('::'::inet + host_id) inet_ops WITH <>
    ) WHERE (card_hash IS NOT NULL AND status IN ('pending', 'approved'));
