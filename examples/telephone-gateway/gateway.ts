/**
 * A telephone gateway: a Controller that connects an RTP telephone to a room. The room offers only PCMU for audio, so
 * browsers use it too and nothing is transcoded.
 *
 *   bun examples/telephone-gateway/gateway.ts --room support --telephone 203.0.113.7:4000 --ssrc 305419896
 *
 * A real gateway learns --telephone and --ssrc from the SDP that its SIP side gets (c=, m= and a=ssrc), and answers with
 * the address that this prints; RTCP has the port above, unless --rtcp (a=rtcp) names another. SIGTERM hangs up.
 * Environment: TUREEN_URL (default ws://localhost:3000) and TUREEN_KEY.
 */
import { parseArgs } from 'node:util';
import { Controller } from './controller.ts';

interface Telephone {
  readonly ip: string;
  readonly port: number;
  /** Where it takes RTCP. It shares no port with RTP, unless both sides have agreed to that (RFC 5761). */
  readonly rtcpPort: number;
  /** SSRC of the packets that it sends, which identifies them. */
  readonly ssrc: number;
}

interface Call {
  readonly controller: Controller;
  readonly roomId: string;
  readonly telephone: Telephone;
}

const peerId = 'telephone';
const pcmu = { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 };
const keys = { mimeType: 'audio/telephone-event', payloadType: 101, clockRate: 8000 };

/** Our side of the line, to which the telephone must send. */
interface Line {
  readonly ip: string;
  readonly port: number;
  readonly rtcpPort: number;
}

/** Connects the telephone to the room. */
async function bridge({ controller, roomId, telephone }: Call): Promise<Line> {
  const { ip, port, rtcpPort, ssrc } = telephone;
  const endpoint = { roomId, peerId };
  await controller
    .ask('createSession', { roomId, codecs: ['PCMU', 'telephone-event', 'VP8'], maxPeers: 20 })
    .catch((error: Error) => {
      // The room is open already. It keeps its codecs.
      if (!error.message.startsWith('wrong_state')) throw error;
    });
  await controller.ask('createEndpoint', { ...endpoint, displayName: 'Telephone' });
  // Telephones send from the port at which they receive (RFC 4961), so give the address instead of using comedia. This
  // telephone speaks plain RTP; leave `srtp` out for one that supports SRTP.
  const transport = await controller.ask<{ id: string } & Line>('openPlainTransport', {
    ...endpoint,
    comedia: false,
    rtcpMux: false,
    srtp: 'none',
  });
  const onIt = { ...endpoint, transportId: transport.id };
  await controller.ask('connectTransport', { ...onIt, ip, port, rtcpPort });
  await controller
    .ask('produce', {
      ...onIt,
      kind: 'audio',
      rtpParameters: { codecs: [pcmu, keys], encodings: [{ ssrc }] },
      appData: { source: 'mic' },
    })
    .catch((error: Error) => {
      if (!error.message.startsWith('unsupported')) throw error;
      const advice = 'close it, or open it with "PCMU" and "telephone-event" among its codecs';
      throw new Error(`the room "${roomId}" is open without what the telephone speaks; ${advice}`);
    });
  await listen(controller, onIt);
  return { ip: transport.ip, port: transport.port, rtcpPort: transport.rtcpPort };
}

/**
 * Sends the others' audio to the telephone. It plays one stream, and the server does not mix, so it gets the active
 * speaker, and before that the first publisher.
 */
async function listen(
  controller: Controller,
  onIt: { roomId: string; peerId: string; transportId: string },
): Promise<void> {
  const { roomId } = onIt;
  const consumers = new Map<string, string>();
  let heard: string | undefined;
  const consume = async (speaker: string, producerId: string) => {
    if (speaker === peerId || consumers.has(speaker)) return;
    const paused = heard !== undefined;
    heard ??= speaker;
    const { id } = await controller.ask<{ id: string }>('consume', { ...onIt, producerId, paused });
    consumers.set(speaker, id);
  };
  const hear = async (speaker: string) => {
    const [next, former] = [consumers.get(speaker), consumers.get(heard ?? '')];
    if (next === undefined || speaker === heard) return;
    heard = speaker;
    const { transportId: _, ...endpoint } = onIt;
    if (former) await controller.ask('pauseEndpointConsumer', { ...endpoint, consumerId: former });
    await controller.ask('resumeEndpointConsumer', { ...endpoint, consumerId: next });
  };
  const failed = (error: Error) => console.error(error.message);
  controller.on<{ type: string; data: Record<string, string> }>('event', ({ type, data }) => {
    const { peerId: speaker = '', producerId = '', kind } = data;
    if (type === 'producer_opened' && kind === 'audio') consume(speaker, producerId).catch(failed);
    if (type === 'active_speaker') hear(speaker).catch(failed);
    if (type === 'producer_closed' && kind === 'audio') {
      consumers.delete(speaker);
      if (speaker === heard) heard = undefined;
    }
  });
  const types = ['producer_opened', 'producer_closed', 'active_speaker'];
  await controller.ask('subscribe', { roomId, types });
  const { items } = await controller.ask<{ items: { id: string; peerId: string }[] }>('listProducers', {
    roomId,
    kind: 'audio',
  });
  for (const { id, peerId: speaker } of items) await consume(speaker, id);
}

const { values } = parseArgs({
  options: {
    room: { type: 'string' },
    telephone: { type: 'string' },
    ssrc: { type: 'string' },
    rtcp: { type: 'string' },
  },
});
const [, ip, port] = /^\[?([0-9A-Fa-f.:]+?)\]?:(\d+)$/.exec(values.telephone ?? '') ?? [];
if (!values.room || !ip || !port || !values.ssrc) {
  console.error('usage: gateway.ts --room <name> --telephone <ip>:<port> --ssrc <number> [--rtcp <port>]');
  process.exit(2);
}
const roomId = values.room;
const { TUREEN_URL: url = 'ws://localhost:3000', TUREEN_KEY: key } = process.env;
const controller = await Controller.connect(url, `telephone ${ip}:${port}`, key);
const rtcpPort = Number(values.rtcp ?? Number(port) + 1);
const telephone = { ip, port: Number(port), rtcpPort, ssrc: Number(values.ssrc) };
controller.on<{ reason: string }>('endpointClosed', ({ reason }) => {
  console.log(`the call has ended: ${reason}`);
  controller.close();
});
/** Without this the telephone would stay in the room until the server gives up waiting for its gateway. */
const hangUp = () =>
  controller
    .ask('closeEndpoint', { roomId, peerId })
    .catch(() => {})
    .finally(() => controller.close());
process.once('SIGTERM', hangUp);
process.once('SIGINT', hangUp);
try {
  console.log(JSON.stringify(await bridge({ controller, roomId, telephone })));
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
  await hangUp();
}
console.error(`disconnected: ${await controller.ended}`);
