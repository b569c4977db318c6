import { RTCPeerConnection, type RTCSessionDescription } from 'werift';
import { StreamCounter } from '../load/counter.ts';
import { MediaSource } from '../load/source.ts';
import { configuration, MediaStreamTrack } from '../load/webrtc.ts';
import type { Receiver } from './gathering.ts';
import { JanusSocket, type Jsep } from './janus-socket.ts';

const room = 1;

let shared: Promise<JanusSocket> | undefined;

/** One video room of Janus with a sender and receivers, over the same WebRTC as the peers of the load tester. */
export const JanusRoom = {
  async publish(port: number, videoBitrate: number): Promise<MediaSource> {
    const janus = await connection(port);
    const handle = await janus.attach();
    await janus.plugin(handle, { request: 'join', ptype: 'publisher', room });
    const connectionOf = new RTCPeerConnection(configuration());
    const track = new MediaStreamTrack({ kind: 'video' });
    const { sender } = connectionOf.addTransceiver(track, { direction: 'sendonly' });
    await connectionOf.setLocalDescription(await connectionOf.createOffer());
    const { jsep } = await janus.plugin(handle, { request: 'publish' }, description(connectionOf));
    if (!jsep) throw new Error('Janus did not answer the offer');
    await connectionOf.setRemoteDescription(jsep);
    const payloadType = sender.codec?.payloadType ?? 0;
    const source = new MediaSource({
      kind: 'video',
      bitrate: videoBitrate,
      payloadType,
      write: (packet) => track.writeRtp(packet),
    });
    sender.onPictureLossIndication.subscribe(() => source.wantKeyFrame());
    return source;
  },

  async subscribe(port: number): Promise<Receiver> {
    const janus = await connection(port);
    const handle = await janus.attach();
    const jsep = await janus.subscribe(handle, room);
    const connectionOf = new RTCPeerConnection(configuration());
    const counter = new StreamCounter();
    connectionOf.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ header, payload }) =>
        counter.count(header.sequenceNumber, payload.length),
      );
    });
    await connectionOf.setRemoteDescription(jsep);
    await connectionOf.setLocalDescription(await connectionOf.createAnswer());
    await janus.plugin(handle, { request: 'start' }, description(connectionOf));
    return { counters: [counter], close: () => void connectionOf.close() };
  },
};

function connection(port: number): Promise<JanusSocket> {
  shared ??= JanusSocket.connect(`ws://127.0.0.1:${port}`);
  return shared;
}

function description(connectionOf: RTCPeerConnection): Jsep {
  const local = connectionOf.localDescription as RTCSessionDescription;
  return { type: local.type, sdp: local.sdp } as Jsep;
}
