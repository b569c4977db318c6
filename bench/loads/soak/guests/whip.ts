import { MediaStreamTrack, RTCPeerConnection } from 'werift';
import { configuration } from '../../../load/webrtc.ts';
import { type Enter, type Place, tokenOf } from './guest.ts';

const connectTimeoutMs = 15_000;

/** Publishes by WHIP, or watches by WHEP, over a real connection; ends it as told or lets it break off. */
const session =
  (way: 'whip' | 'whep'): Enter =>
  async (place) => {
    const { port, roomId, peerId, random } = place;
    const connection = new RTCPeerConnection(configuration());
    for (const kind of ['audio', 'video'] as const) {
      if (way === 'whip')
        connection.addTransceiver(new MediaStreamTrack({ kind }), { direction: 'sendonly' });
      else connection.addTransceiver(kind, { direction: 'recvonly' });
    }
    try {
      await connection.setLocalDescription(await connection.createOffer());
      const location = await post(place, way, connection.localDescription?.sdp ?? '', (sdp) =>
        connection.setRemoteDescription({ type: 'answer', sdp }),
      );
      await connected(connection);
      let gone = false;
      const end = async () => {
        gone = true;
        const headers = await authorization(place);
        // It may have been removed a moment ago.
        if (random.chance(0.9))
          await fetch(`http://127.0.0.1:${port}${location}`, { method: 'DELETE', headers });
        await connection.close();
      };
      return {
        place: { roomId, peerId: way === 'whip' ? peerId : '' },
        get gone() {
          return gone || connection.connectionState !== 'connected';
        },
        act: async () => {},
        leave: end,
      };
    } catch (error) {
      await connection.close();
      throw error;
    }
  };

export const publisher = session('whip');
export const player = session('whep');

async function authorization(place: Place): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await tokenOf(place)}` };
}

/** @returns the path of the session */
async function post(
  place: Place,
  way: string,
  body: string,
  take: (answer: string) => Promise<void>,
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${place.port}/${way}/${encodeURIComponent(place.roomId)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...(await authorization(place)) },
    body,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${way} was answered with ${response.status}: ${answer}`);
  await take(answer);
  return response.headers.get('location') ?? '';
}

async function connected(connection: RTCPeerConnection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => connection.connectionState === 'connected' && resolve();
  connection.connectionStateChange.subscribe(look);
  look();
  const timer = setTimeout(() => reject(new Error('WHIP or WHEP did not connect')), connectTimeoutMs);
  await promise.finally(() => clearTimeout(timer));
}
