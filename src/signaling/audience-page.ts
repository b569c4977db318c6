import { type Static, Type } from '@sinclair/typebox';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { describePeer } from './describe.ts';
import { PeerInfo } from './peer-schemas.ts';

/** A part of those who are counted and not listed, in the order in which they came. */
export const AudiencePage = Type.Object({
  peers: Type.Array(PeerInfo),
  next: Type.Optional(
    Type.Integer({ description: 'the `after` of the next page; missing when there is none' }),
  ),
});

/** How many of the audience the reply of join has. */
export const firstPage = 25;
/** So many are looked at for one page, so that a search costs the same in every room. */
const maxLookedAt = 10_000;

export interface AudienceQuery {
  /** The number of the last one that was looked at. */
  readonly after?: number;
  readonly limit: number;
  /** A part of a name or an id, in whatever case. */
  readonly query?: string;
}

/** Reads a page of the audience on this node. */
export function readAudience(
  room: Room,
  { after = 0, limit, query = '' }: AudienceQuery,
): Static<typeof AudiencePage> {
  const wanted = query.toLowerCase();
  const peers: Peer[] = [];
  let lookedAt = 0;
  let last = after;
  for (const [peer, number] of room.attendance.audience) {
    if (number <= after) continue;
    if (peers.length === limit || lookedAt === maxLookedAt)
      return { peers: peers.map(describePeer), next: last };
    lookedAt += 1;
    last = number;
    if (fits(peer, wanted)) peers.push(peer);
  }
  return { peers: peers.map(describePeer) };
}

function fits({ id, displayName }: Peer, wanted: string): boolean {
  return wanted === '' || displayName.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted);
}
