/**
 * The outbox of webhooks and its dead letters. Triggers count them by receiver, because the outbox of a dead receiver
 * gets long and its length is read often.
 */
export const webhooks = `
CREATE TABLE webhook_receivers (
  name TEXT PRIMARY KEY,
  waiting INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  delivered_at INTEGER,
  failed_at INTEGER,
  error TEXT NOT NULL DEFAULT '',
  gone_url_hash TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  room_id TEXT,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retry_from INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  dead_at INTEGER
) STRICT;
CREATE INDEX webhooks_waiting ON webhook_outbox (receiver, id) WHERE dead_at IS NULL;
CREATE INDEX webhooks_dead ON webhook_outbox (dead_at) WHERE dead_at IS NOT NULL;

CREATE TRIGGER webhook_arrives AFTER INSERT ON webhook_outbox
BEGIN
  INSERT OR IGNORE INTO webhook_receivers (name) VALUES (new.receiver);
  UPDATE webhook_receivers SET waiting = waiting + (new.dead_at IS NULL), dead = dead + (new.dead_at IS NOT NULL)
  WHERE name = new.receiver;
END;
CREATE TRIGGER webhook_dies_or_is_replayed AFTER UPDATE OF dead_at ON webhook_outbox
BEGIN
  UPDATE webhook_receivers SET waiting = waiting + (new.dead_at IS NULL) - (old.dead_at IS NULL),
    dead = dead + (new.dead_at IS NOT NULL) - (old.dead_at IS NOT NULL)
  WHERE name = new.receiver;
END;
CREATE TRIGGER webhook_leaves AFTER DELETE ON webhook_outbox
BEGIN
  UPDATE webhook_receivers SET waiting = waiting - (old.dead_at IS NULL), dead = dead - (old.dead_at IS NOT NULL)
  WHERE name = old.receiver;
END;
`;
