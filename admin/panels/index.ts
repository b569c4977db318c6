import type { Panel } from '../panel/panel.ts';
import { auditPanel } from './audit.tsx';
import { bansPanel } from './bans.tsx';
import { historyPanel } from './history.tsx';
import { overviewPanel } from './overview.tsx';
import { peerPanel } from './peer.tsx';
import { peoplePanel } from './people.tsx';
import { roomPanel } from './room.tsx';
import { roomsPanel } from './rooms.tsx';
import { settingsPanel } from './settings.tsx';
import { webhooksPanel } from './webhooks.tsx';
import { workersPanel } from './workers.tsx';

/** The pages that every dashboard has, in the order of the menu. To add one, add its file and a line here. */
export const builtInPanels: readonly Panel[] = [
  overviewPanel,
  roomsPanel,
  roomPanel,
  peerPanel,
  historyPanel,
  workersPanel,
  auditPanel,
  bansPanel,
  webhooksPanel,
  peoplePanel,
  settingsPanel,
];
