import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { SignJWT } from 'jose';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type ClientAddress, clientAddresses } from './address.ts';
import { isForeignPage, requireOrigin, toAllow } from './origins.ts';
import { AddressPace } from './pace.ts';
import { RefusedOrigins } from './refused-origins.ts';
import { type Caller, type KeyRole, type Scope, scopes, scopesOf } from './scopes.ts';
import { verifiedClaims } from './tokens.ts';

/** Claims of a program's token. It is signed with an API key, like a peer's; `api` says what the program may do. */
export const ApiClaims = Type.Object({
  iss: Type.String({ minLength: 1, maxLength: 64 }),
  exp: Type.Number(),
  sub: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  api: Type.Object({
    scopes: Type.Array(Type.Union(scopes.map((scope) => Type.Literal(scope))), { minItems: 1, maxItems: 6 }),
  }),
});

const claimsCheck = TypeCompiler.Compile(ApiClaims);
const prefix = 'tureen_';

export interface ApiAccessOptions {
  config: Config;
  /** Finds the dashboard's API key that has this secret. */
  findKey: (secret: string) => { readonly name: string; readonly role: KeyRole } | undefined;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  log: Logger;
  /** The origins of the nodes of this mesh. */
  ownOrigins?: () => readonly string[];
}

/** Authenticates the programs that call the REST API, the control socket, WHIP, WHEP and the broadcaster API. */
export class ApiAccess {
  readonly addressOf: ClientAddress;
  readonly #pace: AddressPace;
  readonly #refusedOrigins: RefusedOrigins;

  constructor(private readonly options: ApiAccessOptions) {
    const { config, clock, log } = options;
    this.#refusedOrigins = new RefusedOrigins(log);
    this.addressOf = clientAddresses(config);
    this.#pace = new AddressPace({ clock, perSecond: () => config.addressRequestsPerSecond });
  }

  /**
   * Counts a request or a handshake of an address. Every way in calls it first, before anything is done for the client.
   * @param remoteAddress the other end of the connection
   * @param cost how many requests it counts for
   * @throws SfuError flood
   */
  requirePace(request: Request, remoteAddress: string, cost?: number): void {
    this.#pace.require(this.addressOf(request, remoteAddress), cost);
  }

  /** Lets in pages of allowed origins, and what is no page. @throws SfuError foreign_origin */
  requireOrigin(request: Request): void {
    const { config } = this.options;
    try {
      requireOrigin(request, config, this.options.ownOrigins ?? (() => []));
    } catch (error) {
      this.#refusedOrigins.note(request, toAllow(config));
      throw error;
    }
  }

  /**
   * Identifies the caller by its credential (see `bearerOf`): a key made in the dashboard, or a token signed with an API
   * key. In development mode none is needed.
   * @param remoteAddress the other end of the connection
   * @throws SfuError unauthorized; forbidden for a page of another site in development mode
   */
  async authenticate(request: Request, remoteAddress: string): Promise<Caller> {
    const address = this.addressOf(request, remoteAddress);
    const credential = bearerOf(request);
    if (credential === undefined && this.options.config.developmentMode) {
      if (isForeignPage(request)) {
        this.#refusedOrigins.note(request, onlyThisMachine);
        throw new SfuError('forbidden', onlyThisMachine);
      }
      return { by: { kind: 'api', id: 'development' }, scopes: new Set(scopes), address };
    }
    if (credential === undefined) throw new SfuError('unauthorized', missingCredential);
    return { ...(await this.#verify(credential)), address };
  }

  async #verify(credential: string): Promise<Omit<Caller, 'address'>> {
    const { config, findKey, clock } = this.options;
    if (credential.startsWith(prefix)) {
      const key = findKey(credential);
      if (key) return { by: { kind: 'api', id: key.name }, scopes: scopesOf(key.role) };
      throw new SfuError(
        'unauthorized',
        'there is no such key, or it was revoked; create one in the dashboard',
      );
    }
    const claims = await verifiedClaims(credential, { apiKeys: config.apiKeys, now: clock.now() });
    if (!claimsCheck.Check(claims)) throw new SfuError('unauthorized', notForApi);
    const { iss, sub = iss, api } = claims;
    return { by: { kind: 'api', id: sub }, scopes: new Set(api.scopes as Scope[]) };
  }
}

/** Signs a token for a program. */
export async function mintApiToken(request: {
  key: string;
  secret: string;
  name?: string;
  scopes: readonly Scope[];
  /** Seconds from now. */
  lifetime: number;
  /** Milliseconds since the epoch. */
  now: number;
}): Promise<string> {
  const { key, secret, name, scopes: granted, lifetime, now } = request;
  const issuedAt = Math.floor(now / 1000);
  const api: Static<typeof ApiClaims>['api'] = { scopes: [...granted] };
  const token = new SignJWT({ api })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(key)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetime);
  if (name !== undefined) token.setSubject(name);
  return await token.sign(new TextEncoder().encode(secret));
}

/**
 * The credential of a request: from `Authorization: Bearer` (RFC 6750), from the sub-protocols of a WebSocket, or from
 * `?token=`, for scripts that cannot set a header.
 */
export function bearerOf(request: Request): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return header ?? fromSubProtocol(request) ?? new URL(request.url).searchParams.get('token') ?? undefined;
}

/** A browser cannot set a header on a WebSocket, so it offers the credential as a sub-protocol, `bearer.<key>`. */
function fromSubProtocol(request: Request): string | undefined {
  const offered = request.headers.get('sec-websocket-protocol') ?? '';
  return /(?:^|,)\s*bearer\.([^\s,]+)/.exec(offered)?.[1];
}

const missingCredential =
  'a key is needed: send "Authorization: Bearer" with a key from the dashboard or a token signed with an API key';
const notForApi =
  'the token is not for the API: it needs a claim "api" with scopes. A token for a peer is for that peer only';

/** In development mode only this machine can connect, but its browser may have a page of another site open. */
const onlyThisMachine =
  'in development mode only pages of this machine may call, at localhost or 127.0.0.1; set TUREEN_API_KEY and TUREEN_API_SECRET to serve others';
