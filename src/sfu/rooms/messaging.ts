import { SfuError } from '../../core/errors.ts';
import { publishedData } from '../../core/grants.ts';
import type { Paces } from '../../core/pace.ts';
import { messageLimits, type PeerMessage } from '../../core/peer-messages.ts';
import type { SfuBus } from '../events.ts';
import type { NodeLink } from '../media/node-link.ts';
import { type Attendance, list } from './attendance.ts';
import type { Peer } from './peer.ts';
import type { RemotePeer } from './remote-peer.ts';

/** The room in which somebody writes. */
interface Place {
  readonly id: string;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly context: { readonly events: SfuBus; readonly messagePaces: Paces };
}

interface PlaceInMesh extends Place {
  readonly attendance: Attendance;
  readonly events: SfuBus;
  readonly mesh?:
    | { readonly roster: { readonly peers: ReadonlyMap<string, RemotePeer> }; readonly link: NodeLink }
    | undefined;
}

/** Who did not get a message. Who is on another node may not get it either, which is not known here. */
export interface Undelivered {
  /** Those that are not in the call, or that take no messages. */
  readonly missing: string[];
  /** Those that get more messages than they take now. */
  readonly busy: string[];
}

interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: PeerMessage;
}

/** Even the smallest message counts for so much of what its receiver takes. */
const leastKib = 1 / 2;

/** Whether others may write to a peer by its id: it may receive what they send, and its client knows this protocol. */
export function takesMessages({ link, identity: { grants } }: Peer): boolean {
  return link.reconnects === false && grants.subscribe && !grants.hidden;
}

/**
 * Sends a message of a peer to others by their ids, on whatever node they are, and to nobody else. Like data over a
 * channel it needs the grant to publish `data`.
 * @throws SfuError forbidden, too_large
 */
export function sendMessage(
  room: PlaceInMesh,
  sender: Peer,
  { to, message }: Pick<Letter, 'to' | 'message'>,
): Undelivered {
  if (!sender.mayPublish(publishedData))
    throw new SfuError(
      'forbidden',
      'you may not publish data, and so write to nobody; ask for a token that grants it, or a moderator',
    );
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes > messageLimits.bytes)
    throw new SfuError(
      'too_large',
      `a message has at most ${messageLimits.bytes} bytes as JSON, this one has ${bytes}; send it over a data channel`,
    );
  // Whoever gets it is to know who wrote it.
  list(room, sender);
  const here: string[] = [];
  const elsewhere = new Map<string, string[]>();
  for (const id of new Set(to)) {
    const life = room.peers.has(id) ? undefined : lifeOf(room, id);
    if (life === undefined) here.push(id);
    else elsewhere.set(life, [...(elsewhere.get(life) ?? []), id]);
  }
  const { id: roomId, mesh } = room;
  const { sessionId } = sender;
  // In their order, since nothing is waited for: what became of a message, those who got it can say themselves.
  for (const [life, ids] of elsewhere)
    mesh?.link.ask(life, 'message', { roomId, sessionId, to: ids, message }).catch(() => {});
  return deliver(room, { from: sender.id, to: here, message });
}

/** Passes a message of a peer on another node on to peers of this one. */
export function passOn(
  room: Place,
  from: RemotePeer | undefined,
  letter: Pick<Letter, 'to' | 'message'>,
): null {
  if (from?.joined && !from.hidden) deliver(room, { from: from.id, ...letter });
  return null;
}

function deliver({ peers, context }: Place, { from, to, message }: Letter): Undelivered {
  const undelivered: Undelivered = { missing: [], busy: [] };
  const kib = Math.max(JSON.stringify(message).length / 1024, leastKib);
  for (const id of new Set(to)) {
    const peer = peers.get(id);
    if (!peer?.joined || id === from || !takesMessages(peer)) undelivered.missing.push(id);
    else if (context.messagePaces.take(peer.sessionId, kib) !== undefined) undelivered.busy.push(id);
    else context.events.emit('peerMessage', { ...peer.ref, from, message });
  }
  return undelivered;
}

/** The life of the node where a peer is that takes messages. */
function lifeOf({ mesh }: PlaceInMesh, peerId: string): string | undefined {
  const peer = mesh?.roster.peers.get(peerId);
  return peer?.joined && !peer.hidden && peer.share.takesMessages ? peer.node.life : undefined;
}
