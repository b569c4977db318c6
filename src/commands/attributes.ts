import type { AttributeChanges } from '../core/attributes.ts';
import { setAttributes } from '../sfu/rooms/attributes.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { PeerTarget } from './targets.ts';

/** A peer, and what is to be different of its attributes. */
export type AttributesTarget = PeerTarget & { readonly changes: AttributeChanges };

/** Changes the attributes of a peer. @throws SfuError not_found, limit_reached */
export function setAttributesOf(sfu: Sfu, { roomId, peerId, ...change }: AttributesTarget): void {
  setAttributes(sfu.events, sfu.peer(roomId, peerId), change);
}
