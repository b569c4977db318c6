/**
 * Which installation this database belongs to, and the last life of its node. Two nodes that were given one name are told
 * apart by the first; others end the last life by the second when the next one begins.
 */
export const installation = `
CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  installation TEXT NOT NULL,
  life TEXT
) STRICT;
INSERT INTO installation (id, installation) VALUES (1, lower(hex(randomblob(16))));
`;
