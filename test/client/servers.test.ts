import { describe, expect, test } from 'bun:test';
import { Servers, type TureenClient } from '../../client/index.ts';
import { freePort } from '../support/port.ts';
import { startServer } from '../support/server.ts';
import { clientOf, joined, stateOf, track } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

/** A server as far as it is measured: it answers after so many milliseconds, and names these others. */
function measured({ delay, others = [] }: { delay: number; others?: { url: string; draining?: boolean }[] }) {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      // How far it is: the subject of the test, and nothing that is waited for.
      await Bun.sleep(delay);
      if (new URL(request.url).pathname === '/livez') return Response.json({ status: 'ok' });
      const nodes = others.map(({ url, draining = false }, index) => {
        return { name: `other ${index}`, url, region: null, draining, self: false };
      });
      return Response.json({ nodes });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return { url, [Symbol.dispose]: () => void server.stop(true) };
}

const dead = () => `http://127.0.0.1:${freePort()}`;
const urlOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}`;

describe('of several servers', () => {
  test('the first is used unless another is clearly nearer, and it says why', async () => {
    using near = measured({ delay: 0 });
    using far = measured({ delay: 120 });
    using alike = measured({ delay: 0 });
    const ofThree = new Servers([far.url, near.url]);
    await ofThree.choose();
    expect(ofThree.current).toMatchObject({ url: near.url, why: 'it is clearly nearer' });
    const ofTwo = new Servers([near.url, alike.url]);
    await ofTwo.choose();
    // Which of the two answered sooner is chance.
    expect(ofTwo.current.url).toBe(near.url);
    expect(ofTwo.current.why).toMatch(/^no other is (clearly )?nearer$/);
    expect(ofTwo.all.every(({ roundTrip }) => typeof roundTrip === 'number')).toBe(true);
  });

  test('one is enough to learn the rest, of which those that are about to end are left out', async () => {
    using near = measured({ delay: 0 });
    using ending = measured({ delay: 0 });
    const others = [{ url: ending.url, draining: true }, { url: near.url }];
    using far = measured({ delay: 120, others });
    const servers = await Servers.find(`${far.url}/signaling`);
    expect(servers.all.map(({ url }) => url)).toEqual([far.url, ending.url, near.url]);
    expect(servers.current.url).toBe(near.url);
  });

  test('one that does not answer is passed over', async () => {
    using living = measured({ delay: 0 });
    const gone = dead();
    const servers = new Servers([gone, living.url]);
    await servers.choose();
    expect(servers.current).toMatchObject({ url: living.url, why: `${gone} does not answer` });
  });

  test('an older server, which names no others, is the only one', async () => {
    const only = dead();
    const servers = await Servers.find(only);
    expect(servers.current).toMatchObject({ url: only, why: 'it is the only one that is known' });
  });
});

describe('a client of several servers', () => {
  const entered = async (urls: readonly string[]): Promise<TureenClient> =>
    await joined({ server: { port: 0 } as never, peerId: 'alice', url: urls });

  test('joins at another when one is about to end and takes nobody', async () => {
    await using ending = await startServer();
    await using other = await startServer();
    void ending.sfu.drain({ milliseconds: 60_000 });
    const client = await entered([urlOf(ending), urlOf(other)]);
    expect(client.server).toMatchObject({ url: urlOf(other) });
    expect(client.server.why).toContain('takes nobody now');
    await client.leave();
  });

  test('moves to another before its own ends', async () => {
    await using ending = await startServer();
    await using other = await startServer();
    const client = await entered([urlOf(ending), urlOf(other)]);
    const camera = await client.publish(track('video'), 'camera');
    const left = client.once('state', ({ state }) => state === 'reconnecting');
    void ending.sfu.drain({ milliseconds: 500 });
    await left;
    await stateOf(client, 'joined');
    expect(client.server).toMatchObject({ url: urlOf(other), why: `${urlOf(ending)} is about to end` });
    expect(other.sfu.room('room').peers.size).toBe(1);
    expect(camera.ended).toBe(false);
    await client.leave();
  });

  test('is in the call at another when its own is gone, and not before it tried to go on there', async () => {
    await using own = await startServer();
    await using other = await startServer();
    using relay = new TcpRelay(own);
    const client = await entered([relay.url, urlOf(other)]);
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    relay.cut();
    await stateOf(client, 'reconnecting');
    await stateOf(client, 'joined');
    expect(relay.refused).toBeGreaterThanOrEqual(2);
    expect(states).toEqual(['resuming', 'reconnecting', 'joined']);
    expect(client.server).toMatchObject({
      url: urlOf(other),
      why: `${relay.url} does not answer any more`,
    });
    await client.leave();
  });

  test('stays with its own when that is back before another is needed', async () => {
    await using own = await startServer();
    await using other = await startServer();
    using relay = new TcpRelay(own);
    const client = await entered([relay.url, urlOf(other)]);
    relay.breakAll();
    await stateOf(client, 'resuming');
    await stateOf(client, 'joined');
    expect(client.server.url).toBe(relay.url);
    await client.leave();
  });
});

test('without an address a client says what it needs', () => {
  expect(() => clientOf({ server: { port: 0 } as never, url: [] })).toThrow('at least one server');
});
