import createClient from 'openapi-fetch';
import { createClient as createHeyClient } from './hey/client/index.ts';
import { changeRoom, createRoom, getRoom, listRooms, mintPeerToken } from './hey/sdk.gen.ts';
import type { OnPeerLeftWebhookPayload, Room } from './hey/types.gen.ts';
import type { components, paths, webhooks } from './schema.d.ts';

declare const process: { argv: string[] };
const [address = '', key = ''] = process.argv.slice(2);
const baseUrl = `${address}/api/v1`;
const headers = { authorization: `Bearer ${key}` };

// By openapi-typescript and openapi-fetch.
const api = createClient<paths>({ baseUrl, headers });
const created = await api.POST('/rooms', {
  body: { roomId: 'fetched', options: { codecs: ['opus', 'VP8'] } },
});
const room: components['schemas']['Room'] | undefined = created.data;
const missing = await api.GET('/rooms/{roomId}', { params: { path: { roomId: 'nowhere' } } });
const code: 'not_found' | 'flood' | undefined | string = missing.error?.code;
// Words are a union, not a text.
const kind: 'audio' | 'video' = 'audio' satisfies components['schemas']['Producer']['kind'];
type Left = webhooks['peer_left']['post']['requestBody']['content']['application/json'];
const reasonOf = (event: Left): 'left' | 'removed' | string => event.data.reason;

// By @hey-api/openapi-ts.
const client = createHeyClient({ baseUrl, headers });
await createRoom({ client, body: { roomId: 'hey' } });
await changeRoom({ client, path: { roomId: 'hey' }, body: { locked: true } });
const read = await getRoom({ client, path: { roomId: 'hey' } });
const heyRoom: Room | undefined = read.data;
const token = await mintPeerToken({ client, body: { roomId: 'hey', peerId: 'alice' } });
const listed = await listRooms({ client, query: { limit: 10 } });
const heyReason = (event: OnPeerLeftWebhookPayload): string => event.data.reason;

console.log(
  JSON.stringify({
    room: room?.options.codecs,
    code,
    kind,
    locked: heyRoom?.locked,
    token: typeof token.data?.token,
    rooms: listed.data?.items.map(({ id }) => id).sort(),
    functions: [typeof reasonOf, typeof heyReason],
  }),
);
