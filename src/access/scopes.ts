import { SfuError } from '../core/errors.ts';

/** What a program may do on this server, by scope. The roles of the dashboard give a key that is made there its scopes. */
export const scopeTable = {
  read: { doc: 'rooms, peers, statistics, events', roles: ['viewer', 'moderator', 'admin'] },
  moderate: {
    doc: 'bans and the audit log; remove, ban, mute, lock, send notices, close producers, consumers and rooms',
    roles: ['moderator', 'admin'],
  },
  rooms: { doc: 'create and change rooms', roles: ['admin'] },
  media: {
    doc: 'send and receive media without a token of a peer; capture what a peer sends',
    roles: ['admin'],
  },
  tokens: {
    doc: 'mint tokens for peers; one that grants `moderate` needs the scope moderate as well',
    roles: ['admin'],
  },
  node: { doc: 'drain the node, move rooms to other workers, webhooks', roles: ['admin'] },
} as const satisfies Record<string, { doc: string; roles: readonly KeyRole[] }>;

export type Scope = keyof typeof scopeTable;
export type KeyRole = 'viewer' | 'moderator' | 'admin';
export const scopes = Object.keys(scopeTable) as readonly Scope[];

/** The scopes of a key that was created in the dashboard, by its role there. */
export function scopesOf(role: KeyRole): Set<Scope> {
  return new Set(scopes.filter((scope) => (scopeTable[scope].roles as readonly KeyRole[]).includes(role)));
}

/** The program that made a request, and what it may do. */
export interface Caller {
  /** Its name in events and in the audit log. */
  readonly by: { readonly kind: 'api'; readonly id: string };
  readonly scopes: ReadonlySet<Scope>;
  readonly address: string;
}

/** @throws SfuError forbidden that names the missing scope */
export function requireScope({ scopes: granted }: Pick<Caller, 'scopes'>, scope: Scope): void {
  if (granted.has(scope)) return;
  throw new SfuError(
    'forbidden',
    `this needs the scope ${scope}, which your key does not have; use a key that has it`,
  );
}
