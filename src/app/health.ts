import { Elysia } from 'elysia';
import { version as mediasoupVersion } from 'mediasoup';
import packageJson from '../../package.json' with { type: 'json' };
import type { Sfu } from '../sfu/sfu.ts';

/** /livez: the process answers. /readyz: new calls may come here, or why not. /version: what runs. */
export function healthPlugin(sfu: Sfu) {
  return new Elysia({ name: 'health' })
    .get('/livez', () => ({ status: 'ok' }))
    .get('/readyz', ({ set, status }) => {
      const reasons = sfu.unreadyReasons();
      if (reasons.length === 0) return { status: 'ready' };
      set.headers['retry-after'] = '10';
      return status(503, { status: 'unready', reasons });
    })
    .get('/version', () => ({ tureen: packageJson.version, mediasoup: mediasoupVersion, bun: Bun.version }));
}
