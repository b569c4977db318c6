import htmx from 'htmx.org/dist/htmx.min.js' with { type: 'text' };
import styles from '../assets/admin.css' with { type: 'text' };
import script from '../assets/admin.js' with { type: 'text' };
import chart from '../assets/chart.js' with { type: 'text' };
import hold from '../assets/hold.js' with { type: 'text' };
import icon from '../assets/icon.svg' with { type: 'text' };
import live from '../assets/live.js' with { type: 'text' };
import toasts from '../assets/toasts.js' with { type: 'text' };
import watch from '../assets/watch.js' with { type: 'text' };
import { securityHeaders } from './headers.ts';

/** The files that pages load. The scripts are one file, so that they run in this order. */
const files: ReadonlyMap<string, { text: string; type: string }> = new Map([
  [
    'admin.js',
    {
      text: [htmx, live, hold, toasts, chart, watch, script].join('\n;\n'),
      type: 'text/javascript; charset=utf-8',
    },
  ],
  ['admin.css', { text: styles, type: 'text/css; charset=utf-8' }],
  ['icon.svg', { text: icon, type: 'image/svg+xml' }],
]);

/** Changes with the files, so that a browser never combines a new page with old files. */
export const assetVersion = new Bun.CryptoHasher('sha256')
  .update([...files.values()].map(({ text }) => text).join(''))
  .digest('hex')
  .slice(0, 12);

export function serveAsset(name: string): Response | undefined {
  const asset = files.get(name);
  if (!asset) return undefined;
  const headers = {
    ...securityHeaders,
    'content-type': asset.type,
    'cache-control': 'public, max-age=31536000, immutable',
  };
  return new Response(asset.text, { headers });
}
