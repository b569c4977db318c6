import { afterEach, describe, expect, test } from 'bun:test';
import { createHeadlessClient } from '../../client/headless.ts';
import type { ClientError, TureenClient } from '../../client/index.ts';
import { maxAnswering, PeerMessages, peerMessagesLabel } from '../../client/peer-messages.ts';
import { deferred } from '../../client/portable.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';

const server = await useServer();
const clients: TureenClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});

/** A client with real data channels. */
async function enter(peerId: string) {
  const url = `http://127.0.0.1:${server.port}`;
  const client = createHeadlessClient({ url, roomId: 'room', peerId, displayName: peerId });
  clients.push(client);
  const messages = new PeerMessages(client);
  await client.join();
  return Object.assign(client, { messages });
}

const three = async () => [await enter('alice'), await enter('bob'), await enter('carol')] as const;
const failure = (error: ClientError) => [error.code, error.message];

describe('a message to named peers', () => {
  test('reaches them in its order, and nobody else', async () => {
    const [alice, bob, carol] = await three();
    const heard: unknown[] = [];
    for (const client of [bob, carol]) {
      client.messages.handle('seat', (data, peer) => void heard.push([client.peerId, peer.id, data]));
    }
    const numbers = [1, 2, 3];
    await Promise.all(numbers.map((seat) => alice.messages.send('bob', 'seat', { seat })));
    await alice.messages.send(['bob', 'carol'], 'seat', 'last');
    await until(() => heard.filter((one) => String(one).endsWith('last')).length === 2, 'the last to arrive');
    const ofBob = heard.filter((one) => String(one).startsWith('bob'));
    expect(ofBob).toEqual(
      [...numbers.map((seat) => ({ seat })), 'last'].map((data) => ['bob', 'alice', data]),
    );
    expect(heard.filter((one) => !ofBob.includes(one))).toEqual([['carol', 'alice', 'last']]);
  });
});

describe('a request to a peer', () => {
  test('is answered with what its handler returns, and each with its own answer', async () => {
    const [alice, bob, carol] = await three();
    for (const client of [bob, carol])
      client.messages.handle('double', async (data) => [client.peerId, Number(data) * 2]);
    const answers = [21, 4].map((number) => alice.messages.request('bob', 'double', number));
    expect(await Promise.all([...answers, alice.messages.request('carol', 'double', 1)])).toEqual([
      ['bob', 42],
      ['bob', 8],
      ['carol', 2],
    ]);
  });

  test('fails with the reason: nobody of that id, no handler, an error there, no answer in time', async () => {
    const [alice, bob] = await three();
    bob.messages.handle('fails', () => {
      throw new Error('the table is full');
    });
    bob.messages.handle('counts', () => 1n);
    bob.messages.handle('hangs', () => new Promise(() => {}));
    const ask = (to: string, topic: string, timeoutMs = 10_000) =>
      alice.messages.request(to, topic, null, { timeoutMs }).then(String, failure);
    expect(await ask('dave', 'seat')).toEqual(['not_found', 'there is no peer "dave" in the call']);
    expect(await ask('bob', 'seat')).toEqual(['unsupported', '"bob" does not answer "seat"']);
    const failed = '"bob" could not answer "fails": the table is full';
    expect(await ask('bob', 'fails')).toEqual(['internal', failed]);
    expect(await ask('bob', 'counts')).toEqual(['internal', expect.stringContaining('BigInt')]);
    expect(await ask('bob', 'hangs', 50)).toEqual(['timeout', '"bob" did not answer "hangs" within 50 ms']);
  });

  test('ends when the peer leaves, and when the call does', async () => {
    const [alice, bob, carol] = await three();
    const asked = [deferred<void>(), deferred<void>()];
    for (const [index, client] of [bob, carol].entries())
      client.messages.handle('hangs', () => {
        asked[index]?.resolve();
        return new Promise(() => {});
      });
    const [first, second] = ['bob', 'carol'].map((to) =>
      alice.messages.request(to, 'hangs').then(String, failure),
    );
    await Promise.all(asked.map(({ promise }) => promise));
    const gone = (id: string) => ['gone', `"${id}" left, or the call ended, before there was an answer`];
    await bob.leave();
    expect(await first).toEqual(gone('bob'));
    await alice.leave();
    expect(await second).toEqual(gone('carol'));
  });
});

describe('what a hostile peer sends', () => {
  test('does no harm: no answer for another, nothing that is no message, and no endless work', async () => {
    const [alice, bob, carol] = await three();
    const asked = deferred<string>();
    const answer = deferred<string>();
    // Carol sees what everyone is sent, and answers in the place of Bob.
    const raw = await carol.openChannel(peerMessagesLabel);
    const write = (frame: unknown) => raw.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    carol.on('data', ({ data }) => asked.resolve(JSON.parse(String(data)).id));
    bob.messages.handle('who', () => answer.promise);
    const asking = alice.messages.request('bob', 'who');
    await write({ to: ['alice'], answers: await asked.promise, data: 'carol' });
    for (const frame of [
      '{',
      'null',
      '[]',
      { to: 'alice' },
      { to: ['alice'], topic: 7 },
      { to: [{}], topic: '' },
    ])
      await write(frame);

    let started = 0;
    const release = deferred<void>();
    alice.messages.handle('work', async () => {
      started += 1;
      await release.promise;
    });
    const flood = maxAnswering + 10;
    let read = 0;
    alice.on('data', ({ data }) => {
      if (String(data).includes('work')) read += 1;
    });
    for (let index = 0; index < flood; index += 1) await write({ to: ['alice'], topic: 'work' });
    await until(() => read === flood, 'all of it to be read');
    expect(started).toBe(maxAnswering);
    release.resolve();
    answer.resolve('bob');
    expect(await asking).toBe('bob');
    // Nobody else was hindered, and she herself is heard again.
    await write({ to: ['alice'], topic: 'work' });
    await until(() => started === maxAnswering + 1, 'the work of the next message');
  });
});
