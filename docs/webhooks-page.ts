import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultTypes } from '../src/config/webhook-receivers.ts';
import { publicEventTypes } from '../src/core/public-events.ts';
import { webhookExamples } from './webhook-examples.ts';

/** What each type says, for those who are told. */
const meanings: Readonly<Record<(typeof publicEventTypes)[number], string>> = {
  room_started: 'A room was opened, by its first peer or by a program. Its sequence begins with 1.',
  room_changed: 'Its options were changed.',
  room_locked: 'Nobody new may enter.',
  room_unlocked: 'Others may enter again.',
  room_finished:
    'It is closed: `empty`, `closed`, `draining` or `server_closed`. The last event of its life.',
  peer_joined: 'A peer is in the call. `duration` is how long its joining took, in milliseconds.',
  peer_renamed: 'It has another display name.',
  peer_metadata_changed: 'Data of the application about it changed.',
  peer_permissions_changed: 'What it may publish changed.',
  peer_left:
    'It is not in the call any more. `reason`: `left`, `disconnected`, `replaced`, `removed`, `room_closed`, `draining`, `protocol_error`, `server_closed`.',
  peer_removed: 'Somebody removed it, before it had joined or after; then `peer_left` comes as well.',
  producer_opened: 'It publishes audio or video.',
  producer_paused: 'A publication rests, by the peer or a moderator.',
  producer_resumed: 'It goes on.',
  producer_closed: 'It ended: `peer`, `moderator`, `transport_closed`, `peer_left`, `not_allowed`.',
  consumer_opened: 'A peer receives a publication of another.',
  consumer_closed: 'It does not any more.',
  data_producer_opened: 'It publishes a data channel.',
  data_producer_closed: 'That ended.',
  active_speaker: 'Somebody else speaks loudest, or nobody (`peerId` null). `volume` is in dBov.',
  node_draining: 'The node takes no new rooms and ends at `deadline` (milliseconds since the epoch).',
  node_drain_cancelled: 'It takes new rooms again.',
  node_drained: 'The drain is over.',
  worker_started: 'A media worker runs; `restart` when it replaces a dead one.',
  worker_died: 'One died. Its rooms go on at another.',
};

/** docs/webhooks.md: how programs are told what happens, with an example of every event. */
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
    throw new Error(`docs/webhook-examples.ts has no sample of which ${type} is told`);
  const json = JSON.stringify(JSON.parse(example), null, 2);
  return `### ${type}\n\n${meanings[type]}\n\n\`\`\`json\n${json}\n\`\`\``;
}
