-- A hazard as SafeGrid stores it: the fields that are looked up, and the rest of the record as one value.
CREATE SEQUENCE hazard_number;
CREATE SEQUENCE request_key;
CREATE TABLE hazards (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  number bigint NOT NULL DEFAULT nextval('hazard_number'),
  grid bigint NOT NULL,
  holder bigint NOT NULL,
  due_at timestamptz NOT NULL,
  timer_at timestamptz NOT NULL,
  enterprise_id bigint NOT NULL,
  request_key bigint NOT NULL DEFAULT nextval('request_key'),
  record bytea NOT NULL
);
-- Not compressed: SafeGrid does not compress either.
ALTER TABLE hazards ALTER COLUMN record SET STORAGE EXTERNAL;
INSERT INTO hazards (grid, holder, due_at, timer_at, enterprise_id, record)
SELECT i % 566, i % 190, now(), now(), (random() * 20000)::bigint, decode(repeat('5a', 340), 'hex')
FROM generate_series(1, :base) AS i;
CREATE UNIQUE INDEX by_number ON hazards (grid, number);
CREATE INDEX open ON hazards (grid, due_at);
CREATE INDEX worklist ON hazards (holder, due_at);
CREATE INDEX timers ON hazards (timer_at);
CREATE INDEX by_enterprise ON hazards (enterprise_id);
CREATE UNIQUE INDEX by_request_key ON hazards (request_key);
CHECKPOINT;
