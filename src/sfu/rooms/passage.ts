import type { Attributes } from '../../core/attributes.ts';
import type { Identity } from '../../core/grants.ts';
import type { Standing } from '../../core/standing.ts';
import type { NodeRef } from './share.ts';

/** What a peer takes along to another node, beside its identity: what it chose, and what programs said of it. */
export interface Luggage {
  readonly displayName: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly attributes: Attributes;
  readonly handRaisedAt: number | null;
  readonly standing: Standing;
  readonly connectedAt: number;
  readonly joinedAt: number;
}

/** A session of another node that a peer moves away from. */
export interface TakenSession {
  readonly sessionId: string;
  readonly epoch: number;
  readonly identity: Omit<Identity, 'address'>;
  readonly luggage: Luggage;
}

/** A way to take the session over again at the last moment: null when it has ended, undefined when its node is silent. */
export type TakeAgain = () => Promise<TakenSession | null | undefined>;

/** Set while a peer is on its way from or to another node. */
export type Passage =
  | {
      readonly to: 'here';
      readonly from: NodeRef;
      readonly supersedes: string;
      readonly takeAgain: TakeAgain;
      /** What is told to the others once it has taken over. */
      readonly told: (() => void)[];
      readonly age: () => number;
      readonly cancel: () => void;
    }
  | { readonly to: 'there'; readonly cancel: () => void };
