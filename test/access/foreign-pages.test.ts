import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';

let server: Server;
let own: string;
beforeAll(async () => {
  server = await startServer({ TUREEN_METRICS_PORT: '0' });
  own = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.stop());

/** What a page of another site would read or do through the browser of somebody who develops here. */
const addresses = [
  '/api/v1/rooms',
  '/api/v1/bans',
  '/api/v1/audit',
  '/rooms/made',
  '/rooms/made/broadcasters/x/peerProducersInfos',
];

async function statusOf(path: string, headers: Record<string, string>, base = own): Promise<number> {
  return (await fetch(base + path, { headers })).status;
}

describe('in development mode a page of another site', () => {
  const foreign: [string, Record<string, string>][] = [
    ['under a name of its own that leads here (DNS rebinding)', { host: 'evil.example' }],
    ['under such a name and port', { host: 'evil.example:3000' }],
    ['under an address that is no loopback', { host: '192.0.2.1' }],
    ['from its own origin', { origin: 'https://evil.example' }],
    ['as the address of an image or a link', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ];
  for (const [how, headers] of foreign)
    test(`reads and makes nothing ${how}`, async () => {
      for (const path of addresses) expect([path, await statusOf(path, headers)]).toEqual([path, 403]);
      const metrics = `http://127.0.0.1:${server.metricsListener?.port}`;
      expect(await statusOf('/metrics', headers, metrics)).toBe(403);
      const post = { method: 'POST', body: '{"id":"x"}', headers };
      expect((await fetch(`${own}/api/v1/rooms`, post)).status).toBe(403);
      expect((await fetch(`${own}/rooms/made/broadcasters`, post)).status).toBe(403);
      const offer = {
        method: 'POST',
        body: 'v=0',
        headers: { ...headers, 'content-type': 'application/sdp' },
      };
      for (const path of ['/whip/made', '/whep/made'])
        expect([path, (await fetch(own + path, offer)).status]).toEqual([path, 403]);
      expect(server.sfu.rooms.size).toBe(0);
    });

  test('opens no socket', async () => {
    for (const [path, protocol] of [
      ['/signaling?roomId=made&peerId=eve', 'protoo'],
      ['/control', 'tureen-control'],
    ] as const)
      for (const [how, headers] of foreign.slice(0, 4)) {
        const url = `ws://127.0.0.1:${server.port}${path}`;
        const socket = new WebSocket(url, { headers, protocols: [protocol] } as unknown as string[]);
        const code = await new Promise<number>((resolve) => {
          socket.onclose = (event) => resolve(event.code);
          socket.onmessage = () => resolve(0);
        });
        socket.close();
        expect([path, how, code]).toEqual([path, how, 4000]);
      }
    expect(server.sfu.rooms.size).toBe(0);
  });
});

test('scripts, and pages of this machine at any port, go on as before', async () => {
  const friends: Record<string, string>[] = [
    {},
    { host: `localhost:${server.port}` },
    { host: `[::1]:${server.port}` },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of friends) {
    expect([headers, await statusOf('/api/v1/rooms', headers)]).toEqual([headers, 200]);
    expect([headers, await statusOf('/rooms/made', headers)]).toEqual([headers, 200]);
    const metrics = `http://127.0.0.1:${server.metricsListener?.port}`;
    expect([headers, await statusOf('/metrics', headers, metrics)]).toEqual([headers, 200]);
  }
  server.sfu.closeRoom({ roomId: 'made', by: { kind: 'admin', id: 'root' } });
});

test('pages for people and health are served under any name', async () => {
  for (const path of ['/livez', '/readyz', '/version', '/admin/login'])
    expect([path, await statusOf(path, { host: 'dev.example' })]).toEqual([path, 200]);
});
