import type { AddressTest, ClientAddress } from '../../src/access/address.ts';
import type { Config } from '../../src/config/config.ts';
import { SfuError } from '../../src/core/errors.ts';
import type { LoginSession } from '../../src/store/login-sessions.ts';
import { hasRole, type Role } from '../../src/store/roles.ts';
import type { Store } from '../../src/store/store.ts';
import type { User } from '../../src/store/users.ts';
import { readSessionCookie, sessionCookie } from './session-cookie.ts';

/** A logged-in user. */
export interface Visitor {
  readonly user: User;
  readonly session: LoginSession;
  /** To be set by the response, when the session is new. */
  readonly cookie?: string;
}

/** A request, and the connection that it came over. */
export interface Incoming {
  readonly request: Request;
  readonly url: URL;
  /** The other end of the connection: a proxy, or the client itself. */
  readonly direct: string;
  /** The client, by the headers of trusted proxies. */
  readonly address: string;
}

export function incoming(request: Request, direct: string, addressOf: ClientAddress): Incoming {
  return { request, url: new URL(request.url), direct, address: addressOf(request, direct) };
}

/** @throws SfuError forbidden */
export function requireRole({ user }: Visitor, wanted: { readonly role: Role }): void {
  if (!hasRole(user.role, wanted.role))
    throw new SfuError('forbidden', `this needs the role ${wanted.role}, and yours is ${user.role}`);
}

/** The user of a request: named by a trusted proxy, or known by the session's cookie. */
export function authenticate(
  store: Store,
  config: Config,
  trusted: AddressTest,
  from: Incoming,
): Visitor | undefined {
  const secret = readSessionCookie(from.request);
  const session = secret === undefined ? undefined : store.sessions.find(secret);
  const named = proxyUser(store, config, trusted, from);
  if (named) return session?.userId === named.id ? { user: named, session } : openSession(store, named, from);
  const user = session && store.users.get(session.userId);
  // A user of the proxy is logged in only while the proxy names them: a cookie alone is not enough.
  return session && user && user.origin !== 'proxy' ? { user, session } : undefined;
}

/** Opens a session with a new secret, which nobody can have planted before the login. */
export function openSession(store: Store, user: User, { request, address }: Incoming): Visitor {
  const agent = request.headers.get('user-agent') ?? '';
  const secret = store.sessions.open({ userId: user.id, address, agent });
  const session = store.sessions.find(secret);
  if (!session) throw new Error('the session was not written');
  return { user, session, cookie: sessionCookie(secret) };
}

function proxyUser(store: Store, config: Config, trusted: AddressTest, from: Incoming): User | undefined {
  if (!config.adminUserHeader || !trusted(from.direct)) return undefined;
  const name = from.request.headers.get(config.adminUserHeader)?.trim().slice(0, 128);
  if (!name) return undefined;
  const known = store.users.byName(name);
  return (
    known ?? store.users.put({ name, passwordHash: null, role: config.adminHeaderRole, origin: 'proxy' })
  );
}
