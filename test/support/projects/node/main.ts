import {
  mintPeerToken,
  mintProgramToken,
  type Room,
  TureenError,
  tureenApi,
  verifyWebhook,
  type WebhookEvent,
} from 'tureen-server-sdk';

const [address = '', apiKey = '', apiSecret = ''] = process.argv.slice(2);
const signing = { apiKey, apiSecret };
const key = await mintProgramToken({ ...signing, scopes: ['read', 'rooms', 'moderate'], name: 'backend' });
const tureen = tureenApi(address, { key });

const room: Room = await tureen.createRoom({ roomId: 'a/b ?', options: { maxPeers: 3 } });
const { data, etag } = await tureen.send('getRoom', { roomId: room.id });
await tureen.changeRoom({ roomId: room.id, locked: true });
const late = await tureen.changeRoom({ roomId: room.id, locked: false }, { ifMatch: etag ?? '' }).then(
  () => 'changed',
  (error: unknown) => (error instanceof TureenError ? error.code : String(error)),
);
const closed: undefined = await tureen.closeRoom({ roomId: room.id, reason: 'over' });
const token = await mintPeerToken({ ...signing, roomId: 'kitchen', peerId: 'alice', displayName: 'Alice' });

/** What a receiver does. */
export async function receive(request: Request, secret: string): Promise<WebhookEvent['type']> {
  const event = await verifyWebhook({ secret, headers: request.headers, body: await request.text() });
  if (event.type === 'peer_left') console.error(event.data.reason, event.data.by.kind);
  return event.type;
}

console.log(
  JSON.stringify({
    id: data.id,
    options: data.options,
    late,
    closed: typeof closed,
    token: token.split('.').length,
  }),
);
