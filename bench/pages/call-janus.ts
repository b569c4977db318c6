import { JanusSocket, type Jsep } from '../loads/janus-socket.ts';
import { type CallPlace, listen, openDevices, watchPicture } from './call-page.ts';

/** As our client sends it (client/encodings.ts), with the names and in the order of Janus's own library. */
const encodings: RTCRtpEncodingParameters[] = [
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 566_667 },
  { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 100_000 },
];
/** What Janus asks a sender not to exceed, in bits a second. */
const roomBitrate = 3_000_000;

/**
 * The reference's side of the benchmark `quality`: a video room of Janus, with simulcast where the codec has it, and with the
 * defaults of its plugin but for the bitrate.
 */
export async function enterJanus(place: CallPlace): Promise<void> {
  const janus = await JanusSocket.connect(place.url);
  const handle = await janus.attach();
  const room = Number(place.roomId);
  if (place.role === 'sender') await publish({ janus, handle, room, codec: place.codec });
  else await subscribe({ janus, handle, room });
}

interface Seat {
  readonly janus: JanusSocket;
  readonly handle: number;
  readonly room: number;
}

async function publish({ janus, handle, room, codec }: Seat & { codec: string }): Promise<void> {
  const { camera, microphone } = await openDevices();
  await janus.plugin(handle, { request: 'create', room, bitrate: roomBitrate, videocodec: codec });
  await janus.plugin(handle, { request: 'join', ptype: 'publisher', room });
  const connection = new RTCPeerConnection();
  connection.addTransceiver(microphone, { direction: 'sendonly' });
  const sent = codec === 'vp9' ? [{ maxBitrate: 1_700_000 }] : encodings;
  const video = connection.addTransceiver(camera, { direction: 'sendonly', sendEncodings: sent });
  const all = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const named = (mimeType: string) => mimeType.toLowerCase() === `video/${codec}`;
  video.setCodecPreferences(all.filter(({ mimeType }) => named(mimeType) || mimeType.endsWith('rtx')));
  await connection.setLocalDescription();
  const { jsep } = await janus.plugin(handle, { request: 'publish' }, await gathered(connection));
  if (!jsep) throw new Error('Janus did not answer the offer');
  await connection.setRemoteDescription({ ...jsep, sdp: startingFaster(jsep.sdp) });
}

async function subscribe({ janus, handle, room }: Seat): Promise<void> {
  const jsep = await janus.subscribe(handle, room);
  const connection = new RTCPeerConnection();
  connection.addEventListener('track', ({ track, receiver }) => {
    if (track.kind === 'audio') listen(track, () => receiver.getStats());
    else void watchPicture(track);
  });
  await connection.setRemoteDescription(jsep);
  await connection.setLocalDescription();
  await janus.plugin(handle, { request: 'start' }, await gathered(connection));
}

/** The bitrate that our client starts with (client/encodings.ts), in kbit/s, as browsers of this engine read it. */
const startingFaster = (sdp: string) =>
  sdp.replace(
    /a=rtpmap:(\d+) (VP8|VP9|H264)\/90000\r\n/g,
    (line, payloadType) => `${line}a=fmtp:${payloadType} x-google-start-bitrate=1000\r\n`,
  );

/** The description with all candidates, so that none has to follow. */
async function gathered(connection: RTCPeerConnection): Promise<Jsep> {
  if (connection.iceGatheringState !== 'complete')
    await new Promise<void>((resolve) =>
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve();
      }),
    );
  const { type, sdp } = connection.localDescription as RTCSessionDescription;
  return { type, sdp } as Jsep;
}
