import { base64url, sign } from './signing.ts';
import type { Grants, Metadata, Scope } from './tables.ts';

/** The API key with which a server checks tokens: TUREEN_API_KEY and TUREEN_API_SECRET. */
export interface SigningKey {
  readonly apiKey: string;
  readonly apiSecret: string;
}

interface Lifetime {
  /** How long it lets a client connect; a call that is under way goes on. Default: an hour. */
  readonly seconds?: number;
}

export interface PeerTokenRequest extends SigningKey, Lifetime {
  readonly roomId: string;
  /** The peer's id, unique in the room. The client has to connect with the same. */
  readonly peerId: string;
  /** A name that the client cannot change. */
  readonly displayName?: string;
  /** Data of your application, which the server keeps with the peer; at most 4096 characters as JSON. */
  readonly metadata?: Metadata;
  /** What the peer may do; without it, publish and subscribe. */
  readonly grants?: Grants;
}

/** What a program may be allowed to do by the REST API and the control socket (docs/api.md). */
export interface ProgramTokenRequest extends SigningKey, Lifetime {
  readonly scopes: readonly Scope[];
  /** Its name in the audit log. */
  readonly name?: string;
}

/** Signs a token with which one client enters one room (docs/tokens.md). Do it on your server, never in a page. */
export async function mintPeerToken(request: PeerTokenRequest): Promise<string> {
  const { roomId, peerId, displayName, metadata, grants } = request;
  return await signed(request, {
    sub: peerId,
    jti: crypto.randomUUID(),
    room: roomId,
    ...(displayName && { displayName }),
    ...(metadata && { metadata }),
    ...(grants && { grants }),
  });
}

/** Signs a token with which a program calls the REST API. */
export async function mintProgramToken(request: ProgramTokenRequest): Promise<string> {
  const { scopes, name } = request;
  return await signed(request, { ...(name !== undefined && { sub: name }), api: { scopes } });
}

/** A JWT (RFC 7519) by HMAC-SHA-256. */
async function signed(key: SigningKey & Lifetime, claims: object): Promise<string> {
  const { apiKey, apiSecret, seconds = 3600 } = key;
  if (!apiKey || !apiSecret)
    throw new TypeError('apiKey and apiSecret are needed: those of TUREEN_API_KEY and TUREEN_API_SECRET');
  const now = Math.floor(Date.now() / 1000);
  const json = (value: object) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const content = `${json({ alg: 'HS256', typ: 'JWT' })}.${json({ iss: apiKey, iat: now, exp: now + seconds, ...claims })}`;
  const signature = await sign(new TextEncoder().encode(apiSecret), content);
  return `${content}.${base64url(signature)}`;
}
