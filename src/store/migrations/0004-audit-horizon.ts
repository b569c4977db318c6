/**
 * Allows the oldest entries of the audit log to be deleted: those before the horizon, and no others. The horizon is
 * kept, so that the log shows since when it is complete.
 */
export const auditHorizon = `
CREATE TABLE audit_horizon (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  time INTEGER NOT NULL
) STRICT;
INSERT INTO audit_horizon (id, time) VALUES (1, 0);
CREATE TRIGGER audit_horizon_stays BEFORE DELETE ON audit_horizon
BEGIN SELECT RAISE(ABORT, 'the audit log has one horizon'); END;
CREATE TRIGGER audit_horizon_moves_on BEFORE UPDATE ON audit_horizon WHEN NEW.time < OLD.time
BEGIN SELECT RAISE(ABORT, 'what was deleted from the audit log does not come back'); END;

DROP TRIGGER audit_is_not_shortened;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
WHEN OLD.time >= (SELECT time FROM audit_horizon)
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
`;
