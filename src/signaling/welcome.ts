import { version } from 'mediasoup';
import type { IceServers } from '../access/ice-servers.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { openTransport } from '../sfu/rooms/transports.ts';
import { describePeer, describeTransport, knownTo } from './describe.ts';
import type { NotificationData } from './messages.ts';
import type { nodesForClients } from './nodes.ts';

export interface WelcomeOptions {
  readonly iceServers: IceServers;
  readonly wantsBandwidth: boolean;
  readonly takesRoster: boolean;
  /** It comes to listen: whatever it may do, it is not given a transport for sending before it asks. */
  readonly audience: boolean;
  /** Where else the room can be joined. */
  readonly nodes: ReturnType<typeof nodesForClients>;
}

/**
 * The first message of the fast join: what a client would otherwise request in three round trips. The client continues
 * with join, connectWebRtcTransport and produce without waiting, so that media flows two round trips after the socket
 * is open.
 */
export async function welcome(
  room: Room,
  peer: Peer,
  { iceServers, wantsBandwidth, takesRoster, audience, nodes }: WelcomeOptions,
): Promise<NotificationData<'welcome'>> {
  const open = async (producing: boolean) => {
    const consuming = !producing;
    const followsBandwidth = consuming && wantsBandwidth;
    const request = { producing, consuming, forceTcp: false, followsBandwidth };
    const entry = await openTransport(room, peer, request);
    return describeTransport(room, entry, iceServers);
  };
  const publishes = !audience && !peer.hidden && peer.publish !== false;
  const sendTransport = publishes ? await open(true) : undefined;
  const recvTransport = peer.identity.grants.subscribe ? await open(false) : undefined;
  return {
    routerRtpCapabilities: room.routers.rtpCapabilities,
    ...(sendTransport && { sendTransport }),
    ...(recvTransport && { recvTransport }),
    peers: knownTo(room, peer, { takesRoster }).map(describePeer),
    version,
    ...(nodes.length > 0 && { nodes: [...nodes] }),
  };
}
