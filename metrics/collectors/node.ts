import { version as mediasoup } from 'mediasoup';
import type { Sfu } from '../../src/sfu/sfu.ts';
import { server } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** Whether the node takes calls, and what runs on it. */
export function collectNode(page: Page, sfu: Sfu, version: string): void {
  const { drainDeadline } = sfu;
  page.set(server.draining, drainDeadline === null ? 0 : 1);
  page.set(server.drainDeadline, (drainDeadline ?? 0) / 1000);
  page.set(server.ready, sfu.unreadyReasons().length === 0 ? 1 : 0);
  page.set(server.buildInfo, 1, { version, mediasoup, bun: Bun.version });
}
