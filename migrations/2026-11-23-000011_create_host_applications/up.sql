-- Applications of users to become hosts of an agency.
CREATE TABLE host_applications (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT host_applications_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT host_applications_host_id_fkey REFERENCES users (id),
  agency_id bigint NOT NULL CONSTRAINT host_applications_agency_id_fkey REFERENCES agency (id),
  name varchar(255),
  gender varchar(10),
  id_number varchar(50),
  status varchar(20) NOT NULL DEFAULT 'pending',
  created_at timestamptz NOT NULL,
  approved_at timestamptz,
  CONSTRAINT host_applications_status_known CHECK (status IN ('pending', 'approved', 'rejected')),
  CONSTRAINT host_applications_approved_at_when_decided CHECK ((approved_at IS NULL) = (status = 'pending'))
);
-- At most one application of a user waits for a decision.
CREATE UNIQUE INDEX host_applications_one_pending_per_host ON host_applications (host_id) WHERE status = 'pending';
CREATE INDEX host_applications_host_id_idx ON host_applications (host_id);
CREATE INDEX host_applications_agency_id_idx ON host_applications (agency_id);
