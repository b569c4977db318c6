/** Bans, the time of each removal, and the audit log, which triggers keep append-only. */
export const moderation = `
CREATE TABLE bans (
  id INTEGER PRIMARY KEY,
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
CREATE INDEX bans_by_value ON bans (kind, value);

CREATE TABLE removals (
  room_id TEXT NOT NULL,
  peer_id TEXT NOT NULL,
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (room_id, peer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  intent_id INTEGER UNIQUE REFERENCES audit (id),
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  room_id TEXT,
  peer_id TEXT,
  details TEXT NOT NULL,
  reason TEXT NOT NULL,
  result TEXT
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
`;
