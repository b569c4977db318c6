import { type Static, Type } from '@sinclair/typebox';
import { Attributes } from '../core/attributes.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { AudiencePage, firstPage, readAudience } from './audience-page.ts';
import { describePeer, knownTo } from './describe.ts';
import { PeerInfo, ProducerInfo, Publish, Turnout } from './peer-schemas.ts';

/** The others in the call, with what they publish. */
export const OthersInCall = Type.Array(
  Type.Object({ ...PeerInfo.properties, producers: Type.Array(ProducerInfo) }),
);

export const Permissions = Type.Object({
  publish: Publish,
  subscribe: Type.Boolean(),
  moderate: Type.Boolean(),
});

/** The whole call, as it is for a peer at this moment. */
export const WholeCall = Type.Object({
  peers: OthersInCall,
  ...Type.Partial(Turnout, { description: 'of `?roster=1`' }).properties,
  audiencePage: Type.Optional(
    Type.Object(AudiencePage.properties, { description: 'of `?roster=1`: the first of the audience' }),
  ),
  locked: Type.Boolean({ description: 'nobody else may enter' }),
  displayName: Type.String({ description: 'your name as others see it, which the token may set' }),
  attributes: Attributes,
  permissions: Type.Object(Permissions.properties, { description: 'what you may do' }),
});

/** What a peer is told of its call when it joins, or takes over from another server. */
export function describeCall(room: Room, peer: Peer, { takesRoster }: { takesRoster: boolean }) {
  const peers = knownTo(room, peer, { takesRoster }).map((other) => ({
    ...describePeer(other),
    producers: [...other.publications.values()].map(describe),
  }));
  const { subscribe, moderate } = peer.identity.grants;
  const permissions: Static<typeof Permissions> = { publish: publishOf(peer), subscribe, moderate };
  const { displayName, attributes } = peer;
  const page = () => readAudience(room, { limit: firstPage });
  const roster = takesRoster ? { ...room.turnout, audiencePage: page() } : {};
  return { peers, roster, locked: room.locked, displayName, attributes: { ...attributes }, permissions };
}

/** Nobody knows of a hidden peer, so it publishes nothing. */
function publishOf({ hidden, publish }: Peer): Static<typeof Publish> {
  if (hidden) return false;
  return typeof publish === 'boolean' ? publish : [...publish];
}

function describe({
  info: { id, kind, source, pausedBy, replaces },
}: Publication): Static<typeof ProducerInfo> {
  return { producerId: id, kind, source, paused: pausedBy.size > 0, ...(replaces && { replaces }) };
}
