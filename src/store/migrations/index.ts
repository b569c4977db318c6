import { people } from './0001-people.ts';
import { moderation } from './0002-moderation.ts';
import { webhooks } from './0003-webhooks.ts';
import { auditHorizon } from './0004-audit-horizon.ts';
import { installation } from './0005-installation.ts';
import { facts } from './0006-facts.ts';
import { heldWebhooks } from './0007-held-webhooks.ts';

/**
 * Every change of the schema, in order: entry i brings the database to version i + 1. Never edit an entry that was
 * released; add a numbered file and a line here.
 */
export const migrations: readonly string[] = [
  people,
  moderation,
  webhooks,
  auditHorizon,
  installation,
  facts,
  heldWebhooks,
];
