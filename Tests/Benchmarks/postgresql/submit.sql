-- Run by pgbench as a prepared statement; each statement is a transaction of its own.
\set grid random(0, 565)
\set enterprise random(1, 20000)
INSERT INTO hazards (grid, holder, due_at, timer_at, enterprise_id, record) VALUES (:grid, :grid % 190, now() + '1 day', now() + '1 day', :enterprise, decode(repeat('5a', 340), 'hex'));
