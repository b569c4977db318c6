import { SfuError } from '../core/errors.ts';

/**
 * What a program may do on this server:
 *
 * - `read` rooms, peers, statistics, bans, the audit log, events
 * - `moderate` remove, ban, mute, lock, notices, close producers and rooms
 * - `rooms` create and change rooms
 * - `media` send and receive media: broadcasters, controllers, ingest without a peer's token
 * - `tokens` mint tokens for peers
 * - `node` drain, workers, webhooks
 */
export const scopes = ['read', 'moderate', 'rooms', 'media', 'tokens', 'node'] as const;
export type Scope = (typeof scopes)[number];

/** The scopes of a key that was created in the dashboard, by its role there. */
export const scopesOfRole: Readonly<Record<'viewer' | 'moderator' | 'admin', readonly Scope[]>> = {
  viewer: ['read'],
  moderator: ['read', 'moderate'],
  admin: scopes,
};

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
