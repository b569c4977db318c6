import {
  choice,
  defaulted,
  integer,
  type Mistake,
  optional,
  type Settings,
  text,
  type ValuesOf,
} from '../kinds.ts';

const hour = 3600;

/** The process itself: where it listens, what it logs and stores, TLS, and how it ends. */
export const serverSettings = {
  port: defaulted(
    integer({ from: 0, to: 65535 }, { env: 'PORT', doc: 'Port of HTTP and signaling. 0 takes a free one.' }),
    3000,
  ),
  host: optional(
    text({
      env: 'HOST',
      defaultDoc: '127.0.0.1 in development mode, otherwise 0.0.0.0',
      doc: 'Address that HTTP and signaling listen on. In development mode it must be a loopback address.',
    }),
  ),
  publicUrl: optional(
    text(
      {
        env: 'TUREEN_PUBLIC_URL',
        defaultDoc: 'clients of WHIP and WHEP are given paths',
        doc: 'The address under which clients reach this server by HTTP, e.g. https://example.com/calls. Needed where a proxy strips a prefix from the path: the addresses of WHIP and WHEP sessions begin with it. In a mesh every node needs its own: clients are told of it, and go there when their node ends.',
      },
      { regex: '^https?://[^\\s?#]+$', wants: 'an address such as https://example.com/calls' },
    ),
  ),
  legacy: defaulted(
    choice(['on', 'off'], {
      env: 'TUREEN_LEGACY',
      doc: 'Whether applications on mediasoup-client 2 may connect, at /v2 ([v2.md](v2.md)).',
    }),
    'on',
  ),
  logLevel: defaulted(
    choice(['debug', 'info', 'warn', 'error'], { env: 'LOG_LEVEL', doc: 'The lowest level that is logged.' }),
    'info',
  ),
  envFile: optional(
    text({
      env: 'TUREEN_ENV_FILE',
      doc: 'A file with lines of NAME=value for every other variable here. The environment of the process wins over it. SIGHUP reads it again.',
    }),
  ),
  dataDir: optional(
    text({
      env: 'TUREEN_DATA_DIR',
      defaultDoc: 'in memory, gone with the process',
      doc: 'Folder of the database that keeps bans, users of the dashboard and the audit log.',
    }),
  ),
  timelineHours: defaulted(
    integer(
      { from: 0, to: 24 * 30, unit: 'hours' },
      {
        env: 'TUREEN_TIMELINE_HOURS',
        doc: 'How long the dashboard and REST know what happened in calls and how each peer was connected, with names and addresses, in hours; 0 keeps nothing. It takes at most 128 MiB and a tenth of the disk of TUREEN_DATA_DIR, and the oldest is deleted first; without that folder 16 MiB of memory.',
      },
    ),
    24,
  ),
  tlsCert: optional(
    text({
      env: 'TUREEN_TLS_CERT',
      doc: 'File with the certificate and those of its issuers (PEM, e.g. fullchain.pem). With it and TUREEN_TLS_KEY the server speaks HTTPS. It may be replaced at any time.',
    }),
  ),
  tlsKey: optional(
    text({
      env: 'TUREEN_TLS_KEY',
      doc: 'File with the private key of the certificate (PEM, without a password).',
    }),
  ),
  drainSeconds: defaulted(
    integer(
      { from: 0, to: 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_DRAIN_SECONDS', doc: 'How long calls go on after SIGTERM or SIGINT, in seconds.' },
    ),
    60,
  ),
  drainJoins: defaulted(
    choice(['allow', 'refuse'], {
      env: 'TUREEN_DRAIN_JOINS',
      doc: 'Whether existing rooms may still be joined while the node drains. New rooms are refused in any case.',
    }),
    'allow',
  ),
} as const satisfies Settings;

/** Certificate and key belong together. */
export function tlsMistakes({ tlsCert, tlsKey }: ValuesOf<typeof serverSettings>): Mistake[] {
  if ((tlsCert === undefined) === (tlsKey === undefined)) return [];
  const missing = tlsCert === undefined ? 'TUREEN_TLS_CERT' : 'TUREEN_TLS_KEY';
  return [[missing, 'got nothing, wants a file, for TUREEN_TLS_CERT and TUREEN_TLS_KEY belong together']];
}
