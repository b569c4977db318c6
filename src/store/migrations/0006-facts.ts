/**
 * What nodes of a mesh tell each other to keep. Bans get ids that any node can make (UUIDv7, in the order of the numbers
 * that they had). Each fact has the stamp of when it was decided, and stays as a tombstone when it was deleted; what the
 * others are still to be told is in the outbox, which begins with all that is here.
 */
export const facts = `
CREATE TABLE newer_bans (
  id TEXT PRIMARY KEY,
  number INTEGER UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('identity', 'token', 'address')),
  value TEXT NOT NULL,
  room_id TEXT,
  reason TEXT NOT NULL,
  by_kind TEXT NOT NULL,
  by_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  lifted_at INTEGER
) STRICT;
INSERT INTO newer_bans
SELECT
  printf('%08x-%04x-7%03x-%s%03x-%s', created_at >> 16, created_at & 65535, id & 4095,
    substr('89ab', 1 + (id >> 12 & 3), 1), id >> 14 & 4095, lower(hex(randomblob(6)))),
  id, kind, value, room_id, reason, by_kind, by_id, created_at, expires_at, lifted_at
FROM bans ORDER BY id;
DROP TABLE bans;
ALTER TABLE newer_bans RENAME TO bans;
CREATE INDEX bans_by_value ON bans (kind, value);

CREATE TABLE login_ends (
  name TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facts (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  time INTEGER NOT NULL,
  count INTEGER NOT NULL,
  node TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, name, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_by_time ON facts (time);
CREATE INDEX facts_deleted ON facts (time) WHERE deleted = 1;

CREATE TABLE fact_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  UNIQUE (kind, name, scope)
) STRICT;

CREATE TABLE mesh (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  mesh_id TEXT,
  current_at INTEGER,
  importing INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO mesh (id) VALUES (1);

INSERT INTO facts (kind, name, scope, time, count, node)
SELECT 'ban', id, '', coalesce(lifted_at, created_at), 0, (SELECT installation FROM installation) FROM bans
UNION ALL
SELECT 'removal', peer_id, room_id, removed_at, 0, (SELECT installation FROM installation) FROM removals
UNION ALL
SELECT 'user', lower(name), '', created_at, 0, (SELECT installation FROM installation) FROM users WHERE origin = 'page'
UNION ALL
SELECT 'key', name, '', created_at, 0, (SELECT installation FROM installation) FROM api_keys;
INSERT INTO fact_outbox (kind, name, scope) SELECT kind, name, scope FROM facts;
`;
