import { choice, defaulted, ipAddress, optional, type Settings, text } from '../kinds.ts';

const flyDoc = 'Set by Fly.io on its machines; do not set it elsewhere.';

/** Where the node runs, and what it is called. */
export const nodeSettings = {
  node: optional(
    text(
      {
        env: 'TUREEN_NODE',
        defaultDoc: 'FLY_MACHINE_ID, otherwise the name of the host',
        doc: 'The name of this node, unique among the nodes of an operator.',
      },
      { regex: '^.{1,128}$', wants: 'a text of at most 128 characters' },
    ),
  ),
  region: optional(
    text({
      env: 'TUREEN_REGION',
      defaultDoc: 'FLY_REGION, otherwise not set',
      doc: "Where the node runs, in the operator's own words.",
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
  flyReplay: defaulted(
    choice(['on', 'off'], {
      env: 'TUREEN_FLY_REPLAY',
      doc: 'Whether a machine on Fly.io that drains has the proxy bring new clients to another machine of its app. Only for an app whose machines share one address, in a mesh.',
    }),
    'off',
  ),
  flyApp: optional(text({ env: 'FLY_APP_NAME', doc: flyDoc })),
  flyMachine: optional(text({ env: 'FLY_MACHINE_ID', doc: flyDoc })),
  flyRegion: optional(text({ env: 'FLY_REGION', doc: flyDoc })),
  flyPrivateIp: optional(ipAddress({ env: 'FLY_PRIVATE_IP', doc: flyDoc })),
} as const satisfies Settings;
