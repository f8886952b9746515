-- Who belongs to an agency now, whichever it is, in the order of a list.
CREATE INDEX memberships_open_idx ON memberships (starts_at, id) WHERE ends_at IS NULL;
