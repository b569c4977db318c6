import { Elysia } from 'elysia';
import { version as mediasoupVersion } from 'mediasoup';
import packageJson from '../../package.json' with { type: 'json' };
import { stressLevel } from '../core/stress.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { type AnyNode, nodesForClients } from '../signaling/nodes.ts';

/** /livez: the process answers. /readyz: new calls may come here, or why not. /version: what runs. /nodes: where clients may go. */
export function healthPlugin(sfu: Sfu, nodes: () => readonly AnyNode[]) {
  return new Elysia({ name: 'health' })
    .get('/livez', () => ({ status: 'ok' }))
    .get('/readyz', ({ set, status }) => {
      const reasons = sfu.unreadyReasons();
      const stress = stressLevel(sfu.read.stress());
      if (reasons.length === 0) return { status: 'ready', stress };
      set.headers['retry-after'] = '10';
      return status(503, { status: 'unready', reasons, stress });
    })
    .get('/nodes', ({ set }) => {
      // The pages of an application ask before anybody joins. It has nothing that a client is not told anyway.
      set.headers['access-control-allow-origin'] = '*';
      set.headers['cache-control'] = 'no-store';
      return { nodes: nodesForClients(nodes()) };
    })
    .get('/version', () => ({ tureen: packageJson.version, mediasoup: mediasoupVersion, bun: Bun.version }));
}
