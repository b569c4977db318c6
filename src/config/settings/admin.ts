import { Type } from '@sinclair/typebox';
import { addressRange, choice, defaulted, integer, list, optional, type Setting, text } from '../kinds.ts';

/** The rows of the configuration table that are about the dashboard, the database and proxies in front. */
export const adminSettings = {
  dataDir: optional(
    text({
      env: 'TUREEN_DATA_DIR',
      defaultDoc: 'in memory, gone with the process',
      doc: 'Folder of the database that keeps bans, users of the dashboard and the audit log.',
    }),
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
  trustedProxies: optional(
    list(addressRange, {
      env: 'TUREEN_TRUSTED_PROXIES',
      defaultDoc: 'none',
      doc: 'Addresses of the proxies in front, whose X-Forwarded-For (and TUREEN_ADMIN_USER_HEADER) is believed.',
    }),
  ),
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
      doc: 'Name of an admin of the dashboard that is made, or kept as it is here, at every start. Without it the first start prints a set-up link.',
    }),
  ),
  adminPasswordHash: optional(
    text(
      {
        env: 'TUREEN_ADMIN_PASSWORD_HASH',
        secret: true,
        doc: "argon2id hash of that admin's password; `bun run admin/hash-password.ts` makes one.",
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
      doc: 'Role of a user whom the proxy names and nobody has given another role yet.',
    }),
    'viewer',
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
} as const satisfies Record<string, Setting>;
