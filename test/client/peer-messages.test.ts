import { describe, expect, test } from 'bun:test';
import type { ClientError } from '../../client/index.ts';
import { maxAnswering, PeerMessages } from '../../client/peer-messages.ts';
import { deferred } from '../../client/portable.ts';
import { until } from '../support/until.ts';
import { clientOf, stateOf, useClients } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

const { server, clients } = await useClients({ TUREEN_RESUME_SECONDS: '0' });

async function enter(peerId: string, url?: string) {
  const client = clientOf({ server, peerId, displayName: peerId, ...(url && { url }) });
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
    await expect(alice.messages.send(['dave', 'eve'], 'seat')).rejects.toMatchObject({ code: 'not_found' });
    await expect(alice.messages.send('bob', 'seat', 'x'.repeat(17_000))).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  test('waits for a connection that is lost', async () => {
    using relay = new TcpRelay(server);
    const [alice, bob] = [await enter('alice', relay.url), await enter('bob')];
    const heard = deferred<unknown>();
    bob.messages.handle('seat', heard.resolve);
    relay.breakAll();
    await stateOf(alice, 'reconnecting');
    await alice.messages.send('bob', 'seat', 7);
    expect(await heard.promise).toBe(7);
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
    expect(await ask('dave', 'seat')).toEqual([
      'not_found',
      'there is no peer "dave" in the call that takes messages',
    ]);
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
    const answer = deferred<string>();
    const asked = bob.once('message');
    bob.messages.handle('who', () => answer.promise);
    const asking = alice.messages.request('bob', 'who');
    // Carol cannot know the id, and if she did she could not answer in the place of Bob.
    const { id } = (await asked).message;
    await carol.sendMessage(['alice'], { answers: id, data: 'carol' });
    await carol.sendMessage(['alice'], {});

    let started = 0;
    const release = deferred<void>();
    alice.messages.handle('work', async () => {
      started += 1;
      await release.promise;
    });
    const flood = maxAnswering + 10;
    let read = 0;
    alice.on('message', () => {
      read += 1;
    });
    for (let index = 0; index < flood; index += 1) await carol.sendMessage(['alice'], { topic: 'work' });
    await until(() => read === flood, 'all of it to be read');
    expect(started).toBe(maxAnswering);
    release.resolve();
    answer.resolve('bob');
    expect(await asking).toBe('bob');
    // Nobody else was hindered, and she herself is heard again.
    await carol.sendMessage(['alice'], { topic: 'work' });
    await until(() => started === maxAnswering + 1, 'the work of the next message');
  });
});
