import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultTypes } from '../src/config/webhook-receivers.ts';
import { publicEventTypes } from '../src/core/public-events.ts';
import { webhookExamples } from './webhook-examples.ts';

/** What each type means. */
const meanings: Readonly<Record<(typeof publicEventTypes)[number], string>> = {
  room_started: 'A room was opened, by its first peer or by a program. Its sequence begins with 1.',
  room_changed: 'The options of a room changed.',
  room_locked: 'A room was locked: new peers are refused.',
  room_unlocked: 'A room was unlocked.',
  room_finished:
    'A room closed. `reason`: `empty`, `closed`, `draining` or `server_closed`. It is the last event of that life of the room.',
  peer_joined: 'A peer joined the call. `duration` is how long joining took, in milliseconds.',
  peer_renamed: 'The display name of a peer changed.',
  peer_metadata_changed: 'The application changed the metadata of a peer.',
  peer_permissions_changed: 'The permission of a peer to publish changed.',
  peer_left:
    'A peer left the call. `reason`: `left`, `disconnected`, `replaced`, `removed`, `room_closed`, `draining`, `protocol_error`, `server_closed`.',
  peer_removed:
    'A moderator or a program removed a peer. If the peer had joined, `peer_left` is sent as well.',
  producer_opened: 'A peer started to publish audio or video.',
  producer_paused: 'The peer or a moderator paused a producer.',
  producer_resumed: 'A producer was resumed.',
  producer_closed:
    'A producer closed. `reason`: `peer`, `moderator`, `transport_closed`, `peer_left`, `not_allowed`.',
  consumer_opened: 'A peer started to receive a producer of another peer.',
  consumer_closed: 'A peer stopped receiving a producer.',
  data_producer_opened: 'A peer opened a data channel for sending.',
  data_producer_closed: 'A peer stopped sending on a data channel.',
  active_speaker:
    'The active speaker changed; `peerId` is null when everyone is silent. `volume` is in dBov.',
  node_draining:
    'A drain started: the node accepts no new rooms and ends at `deadline` (milliseconds since the epoch).',
  node_drain_cancelled: 'The drain was cancelled: the node accepts new rooms again.',
  node_drained: 'The drain ended.',
  worker_started: 'A media worker started; `restart` is true when it replaces a dead one.',
  worker_died: 'A media worker died. Its rooms move to another one.',
};

/** docs/webhooks.md: the guide to webhooks, with an example of every event. */
export function webhooksPage(): string {
  const receiver = readFileSync(
    join(import.meta.dirname, '../examples/webhook-receiver/receiver.ts'),
    'utf8',
  );
  const examples = webhookExamples();
  const text = readFileSync(join(import.meta.dirname, 'webhooks.template.md'), 'utf8');
  return text
    .replace('{{receiver}}', () => receiver.trimEnd())
    .replace('{{usual}}', () => defaultTypes.map((type) => `\`${type}\``).join(', '))
    .replace('{{events}}', () =>
      publicEventTypes.map((type) => eventText(type, examples.get(type))).join('\n\n'),
    );
}

function eventText(type: keyof typeof meanings, example: string | undefined): string {
  if (example === undefined)
    throw new Error(`docs/webhook-examples.ts has no sample that results in ${type}; add one`);
  const json = JSON.stringify(JSON.parse(example), null, 2);
  return `### ${type}\n\n${meanings[type]}\n\n\`\`\`json\n${json}\n\`\`\``;
}
