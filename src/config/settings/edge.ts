import { isIP } from 'node:net';
import { Type } from '@sinclair/typebox';
import { choice, defaulted, optional, type Setting, text } from '../kinds.ts';

const flyDoc = 'Set by Fly.io on its machines; do not set it elsewhere.';

/** Settings of the place where a node runs: src/host/addresses.ts and src/access/address.ts read them. */
export const edgeSettings = {
  udpListenIp: optional({
    ...text({
      env: 'TUREEN_UDP_LISTEN_IP',
      defaultDoc: 'TUREEN_LISTEN_IP; on Fly.io the address of fly-global-services',
      doc: 'The IP address that the media ports bind for UDP, where it is another one than for TCP.',
    }),
    schema: Type.String({ minLength: 1 }),
    wants: 'an IP address, not a host name',
    read: (value: string) => (isIP(value.trim()) === 0 ? undefined : value.trim()),
  }),
  forwardedHeader: defaulted(
    choice(['x-forwarded-for', 'forwarded'], {
      env: 'TUREEN_FORWARDED_HEADER',
      doc: 'The header in which the proxies of TUREEN_TRUSTED_PROXIES write the address of the client. Only this one is read, since a proxy passes the other one on as the client wrote it.',
    }),
    'x-forwarded-for',
  ),
  drainJoins: defaulted(
    choice(['allow', 'refuse'], {
      env: 'TUREEN_DRAIN_JOINS',
      doc: 'Whether rooms that are there may still be joined while the node drains. New rooms are refused in any case.',
    }),
    'allow',
  ),
  envFile: optional(
    text({
      env: 'TUREEN_ENV_FILE',
      doc: 'A file with lines of NAME=value for every other variable here. The environment of the process wins over it. SIGHUP reads it again.',
    }),
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
  unpackDir: optional(
    text({
      env: 'TUREEN_UNPACK_DIR',
      defaultDoc:
        "systemd's CACHE_DIRECTORY, the cache folder of the user, or the folder for temporary files",
      doc: 'Where the single executable unpacks its media worker. Programs must be allowed to run from there.',
    }),
  ),
  region: optional(
    text({
      env: 'TUREEN_REGION',
      defaultDoc: 'FLY_REGION, otherwise not set',
      doc: 'Where the node runs, as its operator calls the place.',
    }),
  ),
  node: optional(
    text({
      env: 'TUREEN_NODE',
      defaultDoc: 'FLY_MACHINE_ID, otherwise the name of the host',
      doc: 'The name of this node, unique among the nodes of an operator.',
    }),
  ),
  flyApp: optional(text({ env: 'FLY_APP_NAME', doc: flyDoc })),
  flyMachine: optional(text({ env: 'FLY_MACHINE_ID', doc: flyDoc })),
  flyRegion: optional(text({ env: 'FLY_REGION', doc: flyDoc })),
} as const satisfies Record<string, Setting>;
