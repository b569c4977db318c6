import type { types } from 'mediasoup';
import type { WebRtcPeerTransport } from './peer.ts';
import type { Room } from './room.ts';

/**
 * The ICE candidates for the client. A worker's socket is one, whatever the number of addresses under which it can be
 * reached: each further announced address gets a copy of every candidate, of a lower priority (RFC 8445, section 5.1.2).
 */
export function iceCandidates(room: Room, { transport }: WebRtcPeerTransport): types.IceCandidate[] {
  const own = transport.iceCandidates;
  const isSixth = (address: string) => address.includes(':');
  const copies = (room.context.settings.announcedAddresses ?? []).flatMap((address, index) =>
    own
      // An address of the other family leads to another socket, or to none.
      .filter(({ address: taken }) => taken !== address && isSixth(taken) === isSixth(address))
      .map((candidate) => ({
        ...candidate,
        ip: address,
        address,
        foundation: `${candidate.foundation}${index + 1}`,
        priority: candidate.priority - 1 - index,
      })),
  );
  return [...own, ...copies];
}

/** The same for those who read how a connection went: `udp 203.0.113.7:40000`. */
export function candidateTexts(room: Room, entry: WebRtcPeerTransport): string[] {
  return iceCandidates(room, entry).map(({ protocol, address, port }) => `${protocol} ${address}:${port}`);
}

/** The selected pair of candidates; undefined before one is. */
export function pairOf(tuple: types.TransportTuple | undefined) {
  if (tuple?.remoteIp === undefined) return undefined;
  const { protocol, localAddress, localPort, remoteIp, remotePort } = tuple;
  return { protocol, local: `${localAddress}:${localPort}`, remote: `${remoteIp}:${remotePort}` };
}
