-- Agencies and how users become their hosts. The tables that stood here were never written to.
DROP TABLE salary_requests;
DROP TABLE host_applications;
DROP TABLE agency;

-- An agency, from its application on. Its id is drawn by the program: hosts type it, and nobody counts it.
CREATE TABLE agencies (
  id bigint CONSTRAINT agencies_pkey PRIMARY KEY,
  owner_id bigint NOT NULL CONSTRAINT agencies_owner_id_fkey REFERENCES users (id),
  family_name varchar(50) NOT NULL,
  region varchar(50),
  phone varchar(20),
  status varchar(8) NOT NULL,
  decided_by bigint CONSTRAINT agencies_decided_by_fkey REFERENCES users (id), -- NULL when decided: the command line
  decided_at timestamptz,
  reason text,
  card_key varchar(32), -- the card's number: with which key it is sealed, sealed, its keyed hash, and what is shown
  card_sealed bytea,
  card_hash bytea,
  card_masked varchar(16),
  created_at timestamptz NOT NULL,
  CONSTRAINT agencies_id_within_range CHECK (id BETWEEN 1 AND 9007199254740991),
  CONSTRAINT agencies_status_known CHECK (status IN ('pending', 'approved', 'rejected')),
  CONSTRAINT agencies_decided_at_when_decided CHECK ((decided_at IS NULL) = (status = 'pending')),
  CONSTRAINT agencies_decided_by_when_decided CHECK (decided_by IS NULL OR status <> 'pending'),
  CONSTRAINT agencies_reason_when_rejected CHECK (reason IS NULL OR status = 'rejected'),
  CONSTRAINT agencies_card_whole CHECK (num_nulls(card_key, card_sealed, card_hash, card_masked) IN (0, 4)),
  CONSTRAINT agencies_card_hash_is_sha256 CHECK (octet_length(card_hash) = 32),
  CONSTRAINT agencies_card_masked_is_masked CHECK (card_masked ~ '^[0-9]{4}[*]{8}[0-9]{4}$')
);
-- A user has at most one pending or approved agency of his own, and a card was used for at most one.
CREATE UNIQUE INDEX agencies_one_per_owner ON agencies (owner_id) WHERE status <> 'rejected';
CREATE UNIQUE INDEX agencies_one_per_card ON agencies (card_hash) WHERE status <> 'rejected';
CREATE INDEX agencies_owner_id_idx ON agencies (owner_id);
CREATE INDEX agencies_decided_by_idx ON agencies (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX agencies_status_idx ON agencies (status, created_at, id);

-- A user is to become a host of an agency: he applied, or its owner (`invited_by`) invited him.
CREATE TABLE host_applications (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT host_applications_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT host_applications_host_id_fkey REFERENCES users (id),
  agency_id bigint NOT NULL CONSTRAINT host_applications_agency_id_fkey REFERENCES agencies (id),
  invited_by bigint CONSTRAINT host_applications_invited_by_fkey REFERENCES users (id),
  name varchar(50),
  gender varchar(10),
  status varchar(9) NOT NULL,
  withdrawal varchar(16),
  decided_by bigint CONSTRAINT host_applications_decided_by_fkey REFERENCES users (id), -- NULL: the command line
  closed_at timestamptz, -- when it was declined, withdrawn or decided on
  reason text,
  card_key varchar(32),
  card_sealed bytea,
  card_hash bytea,
  card_masked varchar(16),
  created_at timestamptz NOT NULL,
  CONSTRAINT host_applications_status_known
    CHECK (status IN ('invited', 'declined', 'withdrawn', 'pending', 'approved', 'rejected')),
  CONSTRAINT host_applications_withdrawal_known CHECK (withdrawal IN ('by_host', 'by_owner', 'joined_otherwise')),
  CONSTRAINT host_applications_withdrawal_when_withdrawn CHECK ((withdrawal IS NULL) = (status <> 'withdrawn')),
  CONSTRAINT host_applications_closed_at_when_closed CHECK ((closed_at IS NULL) = (status IN ('invited', 'pending'))),
  CONSTRAINT host_applications_decided_by_when_decided
    CHECK (decided_by IS NULL OR status IN ('approved', 'rejected')),
  CONSTRAINT host_applications_reason_when_rejected CHECK (reason IS NULL OR status = 'rejected'),
  CONSTRAINT host_applications_invited_by_when_invited
    CHECK (invited_by IS NOT NULL OR status NOT IN ('invited', 'declined') AND withdrawal IS DISTINCT FROM 'by_owner'),
  CONSTRAINT host_applications_card_whole CHECK (num_nulls(card_key, card_sealed, card_hash, card_masked) IN (0, 4)),
  CONSTRAINT host_applications_card_hash_is_sha256 CHECK (octet_length(card_hash) = 32),
  CONSTRAINT host_applications_card_masked_is_masked CHECK (card_masked ~ '^[0-9]{4}[*]{8}[0-9]{4}$')
);
-- At most one application that a user began waits, and at most one of a user and an agency, whoever began it.
CREATE UNIQUE INDEX host_applications_one_pending_per_host
  ON host_applications (host_id) WHERE status = 'pending' AND invited_by IS NULL;
CREATE UNIQUE INDEX host_applications_one_open_per_agency
  ON host_applications (host_id, agency_id) WHERE status IN ('invited', 'pending');
CREATE INDEX host_applications_host_id_idx ON host_applications (host_id, created_at, id);
CREATE INDEX host_applications_agency_id_idx ON host_applications (agency_id, created_at, id);
CREATE INDEX host_applications_invited_by_idx ON host_applications (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX host_applications_decided_by_idx ON host_applications (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX host_applications_status_idx ON host_applications (status, created_at, id);
-- A card may be used again by the same user, so no unique index can say that others may not: the program locks it.
CREATE INDEX host_applications_card_hash_idx ON host_applications (card_hash) WHERE status IN ('pending', 'approved');
