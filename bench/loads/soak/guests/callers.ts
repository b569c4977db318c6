import { ProtooClient } from '../../../../test/support/protoo.ts';
import { RawSocket } from '../../../../test/support/raw-socket.ts';
import { receivesOpusAndVp8 } from '../../../../test/support/rtp.ts';
import { Walker } from '../../../../test/support/walker.ts';
import { audioTrack } from '../../../../test/support/world.ts';
import { SocketLink } from '../../../load/link.ts';
import { LoadPeer } from '../../../load/peer.ts';
import { type Enter, type Guest, type Place, tokenOf } from './guest.ts';

/** A caller with media on paper only: all that signaling can do, by the older order of a call or the fast join. */
export const walker =
  (fast: boolean): Enter =>
  async (place) => {
    const { port, roomId, peerId, random, ssrc } = place;
    const token = await tokenOf(place);
    const caller = await Walker.enter({ server: { port }, roomId, peerId, token, fast, ssrc });
    const withOne = async (ids: Iterable<string>, task: (id: string) => Promise<void>) => {
      const all = [...ids];
      if (all.length > 0) await task(random.pick(all));
    };
    const acts = [
      () => caller.publish('audio', random.chance(0.2)),
      () => caller.publish('video', random.chance(0.2)),
      () => caller.publishData(),
      () => withOne(caller.producers.keys(), (id) => caller.holdProducer(id, random.chance(0.5))),
      () => withOne(caller.producers.keys(), (id) => caller.closeProducer(id)),
      () => withOne(caller.dataProducers, (id) => ask('closeDataProducer', { dataProducerId: id })),
      () => withOne(caller.media.keys(), (id) => caller.holdConsumer(id, random.chance(0.5))),
      () => withOne(caller.media.keys(), (id) => caller.closeConsumer(id)),
      () => ask('changeDisplayName', { displayName: `name ${random.below(9)}` }),
    ];
    const ask = async (method: string, data: Record<string, unknown>) => {
      await caller.ask(method, data);
    };
    return {
      place,
      get gone() {
        return caller.closed;
      },
      act: () => random.pick(acts)(),
      leave: () => caller.leave(random.pick(['leave', 'close', 'cut'])),
    };
  };

/** An application of before, with protoo-client as it is on npm and the requests of the second generation. */
export const application: Enter = async (place) => {
  const { random, ssrc } = place;
  const query = new URLSearchParams({
    roomId: place.roomId,
    peerId: place.peerId,
    token: await tokenOf(place),
  });
  const client = await ProtooClient.open(`ws://127.0.0.1:${place.port}/signaling?${query}`);
  const open = async (direction: string) =>
    String(
      (await client.request('createWebRtcTransport', { appData: { direction } })).transportId ?? 'missing',
    );
  await client.request('getRouterRtpCapabilities', {});
  const sending = await open('producer');
  await open('consumer');
  await client.request('join', { displayName: place.peerId, rtpCapabilities: receivesOpusAndVp8 });
  const stats = () => client.request('getTransportStats', { transportId: sending });
  const produce = () => client.request('produce', audioTrack(sending, ssrc()));
  return {
    place,
    get gone() {
      return client.peer.closed;
    },
    act: async () => void (await random.pick([stats, produce])()),
    leave: async () => client[Symbol.dispose](),
  };
};

const advanceMs = 20;

/** A caller with real media over ICE, DTLS and SRTP. */
export const media: Enter = async (place) => {
  const { port, roomId, peerId } = place;
  const token = await tokenOf(place);
  const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId, token });
  let gone = false;
  link.onClosed = () => {
    gone = true;
  };
  try {
    const peer = await LoadPeer.join({ link, displayName: peerId, sends: true, receives: true });
    const pulse = setInterval(() => {
      for (const source of peer.sources) source.advance(performance.now());
    }, advanceMs);
    const leave = async () => {
      clearInterval(pulse);
      peer.close();
    };
    const act = () =>
      peer.sources.length > 0 ? Promise.resolve() : peer.publish({ audioBitrate: 32_000, videoBitrate: 0 });
    return {
      place,
      get gone() {
        return gone;
      },
      act,
      leave,
    };
  } catch (error) {
    link.close();
    throw error;
  }
};

/** A caller whose cable is pulled: no FIN, no answer to a ping. The server has to notice by itself. */
export const silent: Enter = async (place) => {
  const { port, roomId, peerId } = place;
  const protocols = `protoo, bearer.${await tokenOf(place)}`;
  const socket = new RawSocket({
    server: { port },
    roomId,
    peerId,
    headers: { 'sec-websocket-protocol': protocols },
  });
  const status = await socket.status;
  if (status !== 101) throw new Error(`the handshake was answered with ${status}`);
  socket.request(1, 'join', { displayName: peerId, device: {} });
  return {
    place,
    // Its place is lost already, though nobody has told the server.
    gone: true,
    act: async () => {},
    leave: async () => socket.stopReading(),
  } satisfies Guest;
};

export type { Place };
