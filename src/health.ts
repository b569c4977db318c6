import { Elysia } from 'elysia';
import { version as mediasoupVersion } from 'mediasoup';
import packageJson from '../package.json' with { type: 'json' };
import type { Sfu } from './sfu/sfu.ts';

/** /livez: the process answers. /readyz: new calls may come here, or why not. /version: what runs. */
export function healthPlugin(sfu: Sfu) {
  return new Elysia({ name: 'health' })
    .get('/livez', () => ({ status: 'ok' }))
    .get('/readyz', ({ status }) => {
      const reasons = sfu.unreadyReasons();
      return reasons.length === 0 ? { status: 'ready' } : status(503, { status: 'unready', reasons });
    })
    .get('/version', () => ({ tureen: packageJson.version, mediasoup: mediasoupVersion, bun: Bun.version }));
}
