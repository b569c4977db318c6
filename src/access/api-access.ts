import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { SignJWT } from 'jose';
import { type Config, isLoopback } from '../config/config.ts';
import { SfuError } from '../core/errors.ts';
import { clientAddresses } from './address.ts';
import { type Caller, type Scope, scopes, scopesOfRole } from './scopes.ts';
import { verifiedClaims } from './tokens.ts';

/** Claims of a program's own token, signed like a peer's with an API key: `api` says what it may do. */
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
  /** The key that a secret from the dashboard belongs to. */
  findKey: (
    secret: string,
  ) => { readonly name: string; readonly role: keyof typeof scopesOfRole } | undefined;
  now: () => number;
}

/** Tells which program a request comes from: the REST API, the control socket and broadcasters ask it. */
export class ApiAccess {
  readonly #addressOf: ReturnType<typeof clientAddresses>;

  constructor(private readonly options: ApiAccessOptions) {
    this.#addressOf = clientAddresses(options.config);
  }

  /**
   * Reads `Authorization: Bearer` (RFC 6750) or, for scripts that cannot set a header, `?token=`: a key made in the
   * dashboard, or a token signed with an API key. In development mode nothing is needed.
   * @param direct the other end of the connection
   * @throws SfuError unauthorized, or forbidden for a page of a foreign origin in development mode
   */
  async authenticate(request: Request, direct: string): Promise<Caller> {
    const address = this.#addressOf(request, direct);
    const credential = bearerOf(request);
    if (credential === undefined && this.options.config.developmentMode) return developer(request, address);
    if (credential === undefined) throw new SfuError('unauthorized', missing);
    return { ...(await this.#known(credential)), address };
  }

  async #known(credential: string): Promise<Omit<Caller, 'address'>> {
    const { config, findKey, now } = this.options;
    if (credential.startsWith(prefix)) {
      const key = findKey(credential);
      if (key) return { by: { kind: 'api', id: key.name }, scopes: new Set(scopesOfRole[key.role]) };
      throw new SfuError(
        'unauthorized',
        'there is no such key, or it was revoked; make one in the dashboard',
      );
    }
    const claims = await verifiedClaims(credential, { apiKeys: config.apiKeys, now: now() });
    if (!claimsCheck.Check(claims)) throw new SfuError('unauthorized', notForPrograms);
    const { iss, sub = iss, api } = claims;
    return { by: { kind: 'api', id: sub }, scopes: new Set(api.scopes as Scope[]) };
  }
}

/** Signs a token with which a program calls. */
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

/** What a request carries as its credential, wherever it carries it. */
export function bearerOf(request: Request): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return header ?? ofProtocol(request) ?? new URL(request.url).searchParams.get('token') ?? undefined;
}

/** A WebSocket that cannot set a header offers the credential as a sub-protocol, `bearer.<key>`. */
function ofProtocol(request: Request): string | undefined {
  const offered = request.headers.get('sec-websocket-protocol') ?? '';
  return /(?:^|,)\s*bearer\.([^\s,]+)/.exec(offered)?.[1];
}

const missing =
  'a key is needed: send "Authorization: Bearer" with a key from the dashboard or a token signed with an API key';
const notForPrograms =
  'the token is not for the API: it wants a claim "api" with scopes. A token for a peer does not let a program in';

/** Only this machine reaches a server in development mode, and on this machine a page from elsewhere may be open. */
function developer(request: Request, address: string): Caller {
  const origin = request.headers.get('origin');
  if (origin !== null && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
    throw new SfuError(
      'forbidden',
      'in development mode only pages of this machine may call; set TUREEN_API_KEY and TUREEN_API_SECRET to serve others',
    );
  }
  return { by: { kind: 'api', id: 'development' }, scopes: new Set(scopes), address };
}
