import { Type } from '@sinclair/typebox';
import {
  choice,
  defaulted,
  integer,
  list,
  type Mistake,
  optional,
  type Settings,
  text,
  type ValuesOf,
} from '../kinds.ts';
import type { accessSettings } from './access.ts';

/** The dashboard: where it is served, who may log in, and how long its audit log goes back. */
export const adminSettings = {
  admin: defaulted(
    choice(['on', 'off'], {
      env: 'TUREEN_ADMIN',
      doc: 'Whether the dashboard is served: at /admin, or on a port of its own (TUREEN_ADMIN_PORT).',
    }),
    'on',
  ),
  adminPort: optional(
    integer(
      { from: 0, to: 65535 },
      {
        env: 'TUREEN_ADMIN_PORT',
        defaultDoc: 'the main port',
        doc: 'Serves the dashboard on this port of its own, on TUREEN_ADMIN_HOST, and not on the main one. 0 takes a free one.',
      },
    ),
  ),
  adminHost: defaulted(
    text({ env: 'TUREEN_ADMIN_HOST', doc: 'Address that the port of the dashboard listens on.' }),
    '127.0.0.1',
  ),
  adminUser: optional(
    text({
      env: 'TUREEN_ADMIN_USER',
      doc: 'Name of an admin of the dashboard. Every start creates that user, or resets it to what is set here. Without it the first start prints a set-up link.',
    }),
  ),
  adminPasswordHash: optional(
    text(
      {
        env: 'TUREEN_ADMIN_PASSWORD_HASH',
        secret: true,
        doc: "argon2id hash of that admin's password; `tureen hash-password` makes one.",
      },
      { regex: '^\\$argon2id\\$', wants: 'an argon2id hash that begins with $argon2id$' },
    ),
  ),
  adminUserHeader: optional(
    text({
      env: 'TUREEN_ADMIN_USER_HEADER',
      doc: 'Header in which a trusted proxy names the user who is logged in there (single sign-on). It is ignored from any other address.',
    }),
  ),
  adminHeaderRole: defaulted(
    choice(['viewer', 'moderator', 'admin'], {
      env: 'TUREEN_ADMIN_HEADER_ROLE',
      doc: 'Role of a user whom the proxy names and who has not been given another role.',
    }),
    'viewer',
  ),
  adminWatch: defaulted(
    choice(['off', 'told', 'hidden'], {
      env: 'TUREEN_ADMIN_WATCH',
      doc: 'Whether moderators may watch a room in the dashboard: `told` shows them in the room as a peer, `hidden` does not. Every watching is in the audit log.',
    }),
    'told',
  ),
  adminPanels: optional(
    list(
      { schema: Type.String({ minLength: 1 }), wants: 'the path of a module' },
      {
        env: 'TUREEN_ADMIN_PANELS',
        doc: "Modules with panels of the operator's own (docs/admin-panels.md).",
      },
    ),
  ),
  auditDays: optional(
    integer(
      { from: 1, to: 36_500 },
      {
        env: 'TUREEN_AUDIT_DAYS',
        defaultDoc: 'for good',
        doc: 'For how many days entries of the audit log are kept. Older ones are deleted, which the log itself records.',
      },
    ),
  ),
} as const satisfies Settings;

type Checked = ValuesOf<typeof adminSettings> & Pick<ValuesOf<typeof accessSettings>, 'trustedProxies'>;

/** An admin needs a name and a password hash, and single sign-on needs a trusted proxy. */
export function adminMistakes(values: Checked): Mistake[] {
  const { adminUser, adminPasswordHash, adminUserHeader, trustedProxies } = values;
  const mistakes: Mistake[] = [];
  if (adminUser !== undefined && adminPasswordHash === undefined)
    mistakes.push([
      'TUREEN_ADMIN_PASSWORD_HASH',
      'got nothing, wants the hash of the password of TUREEN_ADMIN_USER',
    ]);
  if (adminPasswordHash !== undefined && adminUser === undefined)
    mistakes.push([
      'TUREEN_ADMIN_USER',
      'got nothing, wants the name that TUREEN_ADMIN_PASSWORD_HASH belongs to',
    ]);
  if (adminUserHeader !== undefined && trustedProxies === undefined)
    mistakes.push([
      'TUREEN_TRUSTED_PROXIES',
      'got nothing, wants the addresses from which TUREEN_ADMIN_USER_HEADER is trusted',
    ]);
  return mistakes;
}
