import type { Actor } from '../core/actors.ts';
import type * as targets from '../sfu/targets.ts';
import type { AuditIntent } from '../store/audit.ts';

/** Who asks for a command, from which address, and why: what the audit log says of it. */
export interface Requester {
  readonly by: Actor;
  readonly address?: string;
  readonly reason?: string;
  /** The node where it was asked, when another one carries it out. */
  readonly askedOn?: string;
  /** Takes a sentence for the requester about what was done, but not as it should be. */
  readonly warn?: (sentence: string) => void;
}

/** An action, and whether it is to be done also when it cannot be recorded. */
export type Intent = AuditIntent & Requester & { readonly protects?: boolean };

export type RoomTarget = Requester & targets.RoomTarget;
export type PeerTarget = Requester & targets.PeerTarget;
export type ProducerTarget = Requester & targets.ProducerTarget;
export type ConsumerTarget = Requester & targets.ConsumerTarget;
