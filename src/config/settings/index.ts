import type { Settings } from '../kinds.ts';
import { accessSettings } from './access.ts';
import { adminSettings } from './admin.ts';
import { clusterSettings } from './cluster.ts';
import { mediaSettings } from './media.ts';
import { metricsSettings } from './metrics.ts';
import { networkSettings } from './network.ts';
import { nodeSettings } from './node.ts';
import { programSettings } from './programs.ts';
import { roomSettings } from './rooms.ts';
import { serverSettings } from './server.ts';
import { webhookSettings } from './webhooks.ts';

/**
 * Every setting of the server. A new one is a row in the file of its subject.
 * Units stand in the name or in `doc`.
 */
export const settings = {
  ...serverSettings,
  ...accessSettings,
  ...networkSettings,
  ...mediaSettings,
  ...roomSettings,
  ...programSettings,
  ...webhookSettings,
  ...adminSettings,
  ...metricsSettings,
  ...nodeSettings,
  ...clusterSettings,
} as const satisfies Settings;

/** The same rows under the headings of docs/configuration.md, which is generated from them. */
export const subjects: readonly { readonly title: string; readonly settings: Settings }[] = [
  { title: 'Server', settings: serverSettings },
  { title: 'Access', settings: accessSettings },
  { title: 'Network', settings: networkSettings },
  { title: 'Media', settings: mediaSettings },
  { title: 'Rooms and peers', settings: roomSettings },
  { title: 'REST, controllers and broadcasters', settings: programSettings },
  { title: 'Webhooks', settings: webhookSettings },
  { title: 'Dashboard', settings: adminSettings },
  { title: 'Metrics and traces', settings: metricsSettings },
  { title: 'Node', settings: nodeSettings },
  { title: 'Mesh', settings: clusterSettings },
];
