PRAGMA journal_mode = WAL;
CREATE TABLE records (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
CREATE TABLE hazards (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, grid INTEGER NOT NULL, holder INTEGER NOT NULL,
  due_at INTEGER NOT NULL, timer_at INTEGER NOT NULL, enterprise INTEGER NOT NULL, request_key TEXT NOT NULL UNIQUE,
  row BLOB NOT NULL
);
CREATE INDEX open ON hazards (grid, due_at);
CREATE INDEX worklist ON hazards (holder, due_at);
CREATE INDEX timers ON hazards (timer_at);
CREATE INDEX by_enterprise ON hazards (enterprise);
