/** Webhooks that one of several nodes sends, from before it is known which one does. */
export const heldWebhooks = `
CREATE TABLE webhook_held (
  event_id TEXT NOT NULL,
  receiver TEXT NOT NULL,
  type TEXT NOT NULL,
  room_id TEXT NOT NULL,
  room_life TEXT NOT NULL,
  body TEXT NOT NULL,
  held_at INTEGER NOT NULL,
  PRIMARY KEY (event_id, receiver)
) STRICT, WITHOUT ROWID;
`;
