import { expect, setDefaultTimeout, test } from 'bun:test';
import { cleanName } from '../../src/core/text.ts';
import { tokenFor } from '../support/server.ts';
import { dataChannel, enter } from '../support/world.ts';
import { hostileNames } from './fixture-names.ts';
import { select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

/** Reads an event stream until what has come holds a text. */
async function readUntil(response: Response, holds: (text: string) => boolean): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (holds(text)) return text;
  }
  throw new Error(`the stream ended before it came: ${text.slice(-500)}`);
}

const escaped = (text: string) => Bun.escapeHTML(text);

test('names, labels and reasons that would run as scripts are shown as text in live pages, also after a rename', async () => {
  await using server = await startWithUsers();
  const token = await tokenFor('room', 'mallory');
  const { client, sendTransport } = await enter({ server, peerId: 'mallory', token });
  const label = hostileNames[1];
  await client.request('produceData', { ...dataChannel(sendTransport, 1), label });
  const visitor = Visitor.as(server, 'moderator');
  const paths = ['/live/room?room=room', '/live/peer?room=room&peer=mallory'];
  const streams = await Promise.all(paths.map((path) => visitor.get(path, { accept: 'text/event-stream' })));
  // One by one: a page skips what changes between two of its updates.
  const last = hostileNames[4];
  for (const name of hostileNames) await client.request('changeDisplayName', { displayName: name });
  await client.request('changeDisplayName', { displayName: last });
  const shown = escaped(cleanName(last)).slice(0, 30);
  for (const [index, stream] of streams.entries()) {
    const text = await readUntil(stream, (so) =>
      so.replaceAll('&quot;', '"').includes(shown.replaceAll('&quot;', '"')),
    );
    const html = text.replaceAll(/^data: /gm, '');
    const foreign = 'script, img, svg[onload], iframe, [onload], [onfocus], [onerror], b';
    expect([paths[index], await select(html, foreign)]).toEqual([paths[index], []]);
  }
});
