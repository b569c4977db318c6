import { opus, script, vp8 } from '../../../../test/support/broadcaster-script.ts';
import { SignalingClient } from '../../../../test/support/signaling-client.ts';
import { audioTrack } from '../../../../test/support/world.ts';
import type { Enter } from './guest.ts';

/** A script for ffmpeg or GStreamer: a broadcaster with a place and a producer for each track. */
export const broadcaster: Enter = async ({ port, roomId, peerId: id, key, random, ssrc }) => {
  const http = script({ port });
  const call = async (method: string, path: string, body?: Record<string, unknown>) => {
    const answer = await http(method, `/rooms/${encodeURIComponent(roomId)}/broadcasters${path}`, body, {
      authorization: `Bearer ${key}`,
    });
    if (answer.status >= 400) throw new Error(`${method} of a broadcaster: ${answer.status} ${answer.text}`);
    return answer.data;
  };
  await call('POST', '', { id, displayName: 'Broadcaster', device: { name: 'FFmpeg' } });
  const base = `/${encodeURIComponent(id)}`;
  const publish = async () => {
    const transport = await call('POST', `${base}/transports`, { type: 'plain', comedia: true });
    const track = random.pick([opus, vp8])(ssrc());
    await call('POST', `${base}/transports/${transport.id}/producers`, track);
  };
  let gone = false;
  return {
    place: { roomId, peerId: id },
    get gone() {
      return gone;
    },
    act: publish,
    leave: async () => {
      gone = true;
      await call('DELETE', base);
    },
  };
};

/** A Controller with an endpoint of RTP, which it closes, leaves to the server, or loses with its connection. */
export const controller: Enter = async ({ port, roomId, peerId, key, random, ssrc }) => {
  const client = await SignalingClient.connect({ server: { port }, path: '/control?', token: key });
  await client.waitFor('welcome');
  const ref = { roomId, peerId };
  const terminate = () => (client.socket as WebSocket & { terminate(): void }).terminate();
  try {
    await client.ask('createEndpoint', ref);
  } catch (error) {
    await client.close();
    throw error;
  }
  const publish = async () => {
    const { id } = (await client.ask('openPlainTransport', { ...ref, srtp: 'none' })) as { id: string };
    const { kind, rtpParameters } = audioTrack(id, ssrc());
    await client.ask('produce', { ...ref, transportId: id, kind, rtpParameters });
  };
  const message = async () => void (await client.ask('sendToRoom', { roomId, message: 'hello' }));
  const leave = async () => {
    const how = random.pick(['closed', 'left', 'cut'] as const);
    if (how === 'closed') await client.ask('closeEndpoint', ref).catch(() => {});
    if (how === 'cut') terminate();
    else await client.close();
  };
  return {
    place: ref,
    get gone() {
      return client.socket.readyState !== WebSocket.OPEN;
    },
    act: () => random.pick([publish, message])(),
    leave,
  };
};
