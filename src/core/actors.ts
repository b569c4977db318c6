/** The kinds of those who cause a change: the peer itself, someone with power over it, or the server. */
export const actorKinds = ['peer', 'moderator', 'admin', 'api', 'server'] as const;

/** Who caused a change. */
export interface Actor {
  readonly kind: (typeof actorKinds)[number];
  /** Peer id, user name or key name; empty for the server. */
  readonly id: string;
}

export const serverActor: Actor = { kind: 'server', id: '' };
