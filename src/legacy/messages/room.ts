import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { IceServer, Id, Nothing } from '../../core/schemas.ts';
import { subscribeToAll } from '../../sfu/rooms/offering.ts';
import type { Peer } from '../../sfu/rooms/peer.ts';
import { openTransport } from '../../sfu/rooms/transports.ts';
import { AnyAppData, boundedAppData, nameAndDevice } from '../app-data.ts';
import { defineMessage, type MessageContext } from '../message.ts';
import { V2Peer } from '../notifications.ts';
import { capabilitiesFromV2, capabilitiesToV2 } from '../rtp.ts';
import { V2RtpCapabilities } from '../rtp-schemas.ts';

export const queryRoom = defineMessage({
  name: 'queryRoom',
  type: 'request',
  target: 'room',
  doc: 'The codecs and header extensions of the room. No codec is mandatory.',
  params: Nothing,
  result: Type.Object({
    rtpCapabilities: V2RtpCapabilities,
    mandatoryCodecPayloadTypes: Type.Array(Type.Integer()),
    iceServers: Type.Optional(
      Type.Array(IceServer, {
        description: 'those of the server, for `turnServers` of an application that asks by itself',
      }),
    ),
  }),
  state: 'connected',
  errors: [],
  example: {},
  run({ room, iceServers }) {
    const servers = iceServers();
    return {
      rtpCapabilities: capabilitiesToV2(room.routers.rtpCapabilities),
      mandatoryCodecPayloadTypes: [],
      ...(servers.length > 0 && { iceServers: servers }),
    };
  },
});

export const join = defineMessage({
  name: 'join',
  type: 'request',
  target: 'room',
  doc: 'Joins the call. `peerName` is that of the connection. A spy is seen by nobody and sends nothing; it needs the grant `hidden`.',
  params: Type.Object({
    peerName: Id,
    rtpCapabilities: V2RtpCapabilities,
    spy: Type.Optional(Type.Boolean()),
    appData: Type.Optional(AnyAppData),
  }),
  result: Type.Object({ peers: Type.Array(V2Peer) }),
  state: 'connected',
  errors: ['wrong_state', 'forbidden', 'limit_reached', 'gone', 'worker_unavailable'],
  example: { peerName: 'alice', rtpCapabilities: {}, spy: false, appData: { displayName: 'Alice' } },
  async run(context, { peerName, rtpCapabilities, spy = false, appData }) {
    const { room, peer, media, view, attachments } = context;
    requireOwn(peer, peerName, spy);
    attachments.joins(peer, boundedAppData(appData));
    if (peer.identity.grants.subscribe) media.receiving ??= await openReceiving(context);
    room.join(peer, {
      ...nameAndDevice(appData),
      rtpCapabilities: capabilitiesFromV2(rtpCapabilities),
      autoSubscribe: true,
    });
    await subscribeToAll(room, peer);
    return () => ({ peers: view.open(room, peer) });
  },
});

export const leave = defineMessage({
  name: 'leave',
  type: 'notification',
  target: 'peer',
  doc: 'Leaves the call, and the socket closes. The others get `appData` with `peerClosed`, if they speak this protocol on the same node.',
  params: Type.Object({ appData: Type.Optional(AnyAppData) }),
  result: Nothing,
  state: 'connected',
  errors: [],
  example: { appData: 1234 },
  run({ room, peer, attachments, afterReply }, { appData }) {
    boundedAppData(appData);
    const by = { kind: 'peer', id: peer.id } as const;
    afterReply(() =>
      attachments.leaves(peer, appData, () =>
        room.removePeer(peer, 'left', { detail: 'you left the call', by }),
      ),
    );
    return {};
  },
});

function requireOwn(peer: Peer, peerName: string, spy: boolean): void {
  if (peer.state.name !== 'connected')
    throw new SfuError('wrong_state', 'you have joined this room already; leave it first');
  if (peerName !== peer.id)
    throw new SfuError(
      'forbidden',
      `the peerName has to be that of the connection, "${peer.id}"; connect with the one that you want`,
    );
  if (spy && !peer.hidden)
    throw new SfuError('forbidden', 'a spy needs the grant hidden; connect with a token that has it');
}

export async function openReceiving({ room, peer }: Pick<MessageContext, 'room' | 'peer'>) {
  return await openTransport(room, peer, { producing: false, consuming: true, forceTcp: false });
}
