import type { Actor } from '../../core/actors.ts';
import { type AttributeChanges, attributeLimits, changeAttributes } from '../../core/attributes.ts';
import { SfuError } from '../../core/errors.ts';
import type { SfuBus } from '../events.ts';
import type { Peer } from './peer.ts';
import type { RoomContext } from './room-context.ts';

/**
 * A peer changes its own attributes. All of its room is told each time, so it is not to do that all the time.
 * @throws SfuError limit_reached, flood
 */
export function changeOwnAttributes(
  { events, attributePaces }: Pick<RoomContext, 'events' | 'attributePaces'>,
  peer: Peer,
  changes: AttributeChanges,
): void {
  const waitMs = attributePaces.take(peer.sessionId);
  if (waitMs !== undefined)
    throw new SfuError(
      'flood',
      `you may change your attributes ${attributeLimits.changesPerSecond} times a second; wait ${waitMs} ms, or send what changes often over a data channel`,
    );
  setAttributes(events, peer, { changes, by: { kind: 'peer', id: peer.id } });
}

/** Changes the attributes of a peer for whoever may. @throws SfuError limit_reached */
export function setAttributes(
  events: SfuBus,
  peer: Peer,
  { changes, by }: { changes: AttributeChanges; by: Actor },
): void {
  const attributes = changeAttributes(peer.attributes, changes);
  if (Bun.deepEquals(attributes, peer.attributes)) return;
  peer.attributes = attributes;
  events.emit('peerAttributesChanged', { ...peer.ref, attributes, hidden: peer.hidden, by });
}
