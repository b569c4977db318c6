import { type Static, Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Nothing, oneOf } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { iceCandidates } from '../../sfu/rooms/candidates.ts';
import { offerAll } from '../../sfu/rooms/offering.ts';
import type { WebRtcPeerTransport } from '../../sfu/rooms/peer.ts';
import { connectTransport, openTransport, restartIce } from '../../sfu/rooms/transports.ts';
import { DtlsParameters, exampleDtls, IceCandidate, IceParameters } from '../../wire/rtp.ts';
import { AnyAppData } from '../app-data.ts';
import { requireFree } from '../media.ts';
import { defineMessage, type MessageContext } from '../message.ts';
import { Num } from '../notifications.ts';
import { openReceiving } from './room.ts';
import { Interval } from './statistics.ts';

const appData = Type.Optional(AnyAppData);
const PlainRtp = Type.Optional(Type.Unknown({ description: 'refused' }));

export const createTransport = defineMessage({
  name: 'createTransport',
  type: 'request',
  target: 'peer',
  doc: 'Opens a transport, for sending or receiving. One for receiving at a time carries everything that you receive.',
  params: Type.Object({
    id: Num,
    direction: oneOf(['send', 'recv']),
    options: Type.Optional(
      Type.Object({
        udp: Type.Optional(
          Type.Boolean({
            description: 'false, for sending: offer TCP candidates only. All else is not read',
          }),
        ),
      }),
    ),
    dtlsParameters: Type.Optional(DtlsParameters),
    plainRtpParameters: PlainRtp,
    appData,
  }),
  result: Type.Object({
    iceParameters: IceParameters,
    iceCandidates: Type.Array(IceCandidate),
    dtlsParameters: DtlsParameters,
  }),
  state: 'joined',
  errors: ['wrong_state', 'forbidden', 'unsupported', 'limit_reached', 'media_rejected', 'gone'],
  example: { id: 1111, direction: 'send', options: {}, dtlsParameters: exampleDtls },
  async run(context, { id, direction, options = {}, dtlsParameters, plainRtpParameters }) {
    const { room, media } = context;
    if (plainRtpParameters !== undefined) throw noPlainRtp();
    requireFree(media.transports, 'transport', id);
    const entry = direction === 'send' ? await openSending(context, options) : await receiving(context);
    media.transports.set(id, entry);
    if (dtlsParameters) await connectOrClose(context, id, dtlsParameters);
    const { iceParameters, dtlsParameters: own } = entry.transport;
    // The client reads its role in DTLS off this, which is settled once its parameters are known.
    return { iceParameters, iceCandidates: iceCandidates(room, entry), dtlsParameters: own };
  },
});

export const updateTransport = defineMessage({
  name: 'updateTransport',
  type: 'notification',
  target: 'peer',
  doc: 'Gives the DTLS parameters of a transport that was created without.',
  params: Type.Object({
    id: Num,
    dtlsParameters: Type.Optional(DtlsParameters),
    plainRtpParameters: PlainRtp,
  }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'wrong_state', 'unsupported', 'media_rejected', 'gone'],
  example: { id: '{recvTransport}', dtlsParameters: { ...exampleDtls, role: 'client' } },
  async run({ room, media }, { id, dtlsParameters, plainRtpParameters }) {
    if (plainRtpParameters !== undefined) throw noPlainRtp();
    const entry = media.transport(id);
    if (!dtlsParameters)
      throw new SfuError('invalid_params', 'updateTransport: dtlsParameters: expected them, got nothing');
    await connectTransport(room, entry, dtlsParameters);
    return {};
  },
});

export const restartTransport = defineMessage({
  name: 'restartTransport',
  type: 'request',
  target: 'peer',
  doc: 'Restarts ICE after the network has changed: gives a transport new credentials. Media continues.',
  params: Type.Object({ id: Num }),
  result: Type.Object({ iceParameters: IceParameters }),
  state: 'joined',
  errors: ['not_found', 'gone'],
  example: { id: '{sendTransport}' },
  run: async ({ media }, { id }) => ({ iceParameters: await restartIce(media.transport(id)) }),
});

export const closeTransport = defineMessage({
  name: 'closeTransport',
  type: 'notification',
  target: 'peer',
  doc: 'Closes a transport with all that it carries. After that for receiving, another one gets new consumers.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{sendTransport}' },
  run({ peer, media, view, statistics }, { id }) {
    const entry = media.transport(id);
    statistics.stop(entry);
    media.forgetTransport(id);
    if (!entry.transport.closed) peer.closeTransport(entry, 'closed');
    view.consumersClosed();
    return {};
  },
});

export const enableTransportStats = defineMessage({
  name: 'enableTransportStats',
  type: 'notification',
  target: 'peer',
  doc: 'Sends `transportStats` from time to time.',
  params: Type.Object({ id: Num, interval: Interval }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{sendTransport}', interval: 1000 },
  run({ media, statistics, notify }, { id, interval }) {
    const entry = media.transport(id);
    statistics.start(entry, {
      interval,
      read: () => readStatistics(entry.transport),
      send: (stats) => notify('transportStats', { id, stats }),
    });
    return {};
  },
});

export const disableTransportStats = defineMessage({
  name: 'disableTransportStats',
  type: 'notification',
  target: 'peer',
  doc: 'Ends what `enableTransportStats` began.',
  params: Type.Object({ id: Num }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{sendTransport}' },
  run({ media, statistics }, { id }) {
    statistics.stop(media.transport(id));
    return {};
  },
});

async function openSending({ room, peer }: MessageContext, { udp = true }: { udp?: boolean }) {
  if (peer.hidden || peer.publish === false)
    throw new SfuError(
      'forbidden',
      'you may not send; ask for a token that grants publish and is not hidden',
    );
  return await openTransport(room, peer, { producing: true, consuming: false, forceTcp: !udp });
}

/** The transport that was made at the join, or another one after that was closed. */
async function receiving(context: MessageContext): Promise<WebRtcPeerTransport> {
  const { room, peer, media, view, afterReply } = context;
  if (!peer.identity.grants.subscribe)
    throw new SfuError('forbidden', 'your token does not let you receive; ask for one that grants subscribe');
  const former = media.receiving;
  if (former && !former.transport.closed) {
    if (media.transportNumber(former.transport.id) === undefined) return former;
    throw new SfuError(
      'limit_reached',
      'a peer of this protocol receives over one transport at a time; use the one that you have for everything',
    );
  }
  view.consumersClosed();
  const entry = await openReceiving(context);
  media.receiving = entry;
  afterReply(() => offerAll(room, peer));
  return entry;
}

async function connectOrClose(
  { room, peer, media }: MessageContext,
  id: number,
  dtlsParameters: Static<typeof DtlsParameters>,
): Promise<void> {
  const entry = media.transport(id);
  await connectTransport(room, entry, dtlsParameters).catch((error: unknown) => {
    // The client takes a transport that was refused for one that does not exist.
    if (media.transports.has(id)) media.forgetTransport(id);
    peer.closeTransport(entry, 'closed');
    throw error;
  });
}

function noPlainRtp(): SfuError {
  return new SfuError(
    'unsupported',
    'plain RTP does not come in by this protocol; use the broadcaster API or an endpoint (docs/ingest.md)',
  );
}
