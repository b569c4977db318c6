import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { SfuError } from '../core/errors.ts';
import { Id, Source } from '../core/schemas.ts';
import { cleanName } from '../core/text.ts';

/**
 * Access tokens: JWTs (RFC 7519) signed with HS256. Each is for one peer in one room.
 *
 * - `iss` the API key, `sub` the peer id, `room` the room id, `exp` required; `nbf`, `iat` and `jti` optional
 * - `displayName` a display name that the client cannot change, `metadata` data of the application; `name` is the former
 *   name of the first, and goes with the next version
 * - `grants` what the peer may do; a token without it may publish and subscribe
 */
export const TokenGrants = Type.Object(
  {
    publish: Type.Optional(Type.Union([Type.Boolean(), Type.Array(Source, { maxItems: 4 })])),
    subscribe: Type.Optional(Type.Boolean()),
    moderate: Type.Optional(Type.Boolean()),
    hidden: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export const TokenClaims = Type.Object({
  iss: Type.String({ minLength: 1, maxLength: 64 }),
  sub: Id,
  exp: Type.Number(),
  nbf: Type.Optional(Type.Number()),
  iat: Type.Optional(Type.Number()),
  jti: Type.Optional(Id),
  room: Id,
  displayName: Type.Optional(Type.String({ maxLength: 256 })),
  name: Type.Optional(Type.String({ maxLength: 256 })),
  metadata: Type.Optional(
    Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 64 }),
  ),
  grants: Type.Optional(TokenGrants),
});

const claimsCheck = TypeCompiler.Compile(TokenClaims);

/** How far the clocks of servers may differ, in seconds. */
const leeway = 60;
const maxTokenLength = 8192;
/** Metadata is kept in memory for as long as its peer or room, so its size as JSON is limited. */
export const maxMetadataLength = 4096;

/** The content of a token that was verified. */
export interface VerifiedToken {
  readonly displayName?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly grants: Required<Static<typeof TokenGrants>>;
  readonly tokenId?: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt?: number;
}

export interface TokenTarget {
  readonly roomId: string;
  readonly peerId: string;
}

export interface MintRequest extends TokenTarget {
  readonly key: string;
  readonly secret: string;
  /** Seconds from now. */
  readonly lifetime: number;
  readonly displayName?: string;
  readonly metadata?: Record<string, unknown>;
  readonly grants?: Static<typeof TokenGrants>;
  readonly tokenId?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Signs a token for one peer in one room. */
export async function mintToken(request: MintRequest): Promise<string> {
  const { key, secret, roomId, peerId, lifetime, now, displayName, metadata, grants } = request;
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    room: roomId,
    ...(displayName && { displayName }),
    ...(metadata && { metadata }),
    ...(grants && { grants }),
  };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(key)
    .setSubject(peerId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetime)
    .setJti(request.tokenId ?? crypto.randomUUID())
    .sign(new TextEncoder().encode(secret));
}

/**
 * Checks the signature and the times of a token, and that it is for this room and this peer.
 * @throws SfuError unauthorized for an invalid token, forbidden for a valid one for another room or peer
 */
export async function verifyToken(
  token: string,
  options: { apiKeys: ReadonlyMap<string, string>; target: TokenTarget; now: number },
): Promise<VerifiedToken> {
  const { target } = options;
  const payload = await verifiedClaims(token, options);
  if (!claimsCheck.Check(payload)) throw wrongClaims(payload);
  if (payload.room !== target.roomId) throw new SfuError('forbidden', wrongTarget('room'));
  if (payload.sub !== target.peerId) throw new SfuError('forbidden', wrongTarget('peer'));
  checkMetadata(payload.metadata ?? {});
  // A removal voids what was issued until then, which a date in the future would get around.
  if (payload.iat !== undefined && payload.iat > options.now / 1000 + leeway) {
    throw new SfuError(
      'unauthorized',
      'the token says that it was issued in the future; set the clock of the server that issues tokens',
    );
  }
  const { publish = true, subscribe = true, moderate = false, hidden = false } = payload.grants ?? {};
  const { displayName = payload.name } = payload;
  return {
    ...(displayName !== undefined && { displayName: cleanName(displayName) }),
    metadata: payload.metadata ?? {},
    grants: { publish, subscribe, moderate, hidden },
    ...(payload.jti !== undefined && { tokenId: payload.jti }),
    ...(payload.iat !== undefined && { issuedAt: payload.iat * 1000 }),
  };
}

/** The peer id in a token, which is not verified; undefined when it is not a token for a peer. */
export function subjectOf(token: string): string | undefined {
  try {
    const { sub, room } = decodeJwt(token);
    return room === undefined ? undefined : sub;
  } catch {
    return undefined;
  }
}

/** Checks the signature and the times of a token, but not its other claims. @throws SfuError unauthorized */
export async function verifiedClaims(
  token: string,
  { apiKeys, now }: { apiKeys: ReadonlyMap<string, string>; now: number },
): Promise<JWTPayload> {
  const secret = apiKeys.get(issuerOf(token));
  if (secret === undefined)
    throw new SfuError(
      'unauthorized',
      'the token is signed with a key that this server does not have; check "iss" against TUREEN_API_KEY',
    );
  return await verifySignature(token, secret, now);
}

function wrongTarget(what: 'room' | 'peer'): string {
  return `the token is for another ${what}; ask for one for this ${what}`;
}

function issuerOf(token: string): string {
  if (token.length > maxTokenLength) {
    throw new SfuError(
      'unauthorized',
      `the token is longer than ${maxTokenLength} characters; put less metadata into it`,
    );
  }
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    throw new SfuError(
      'unauthorized',
      'the token is incomplete or damaged: it is not a JWT; copy the whole link again, or ask for a new one',
    );
  }
}

async function verifySignature(token: string, secret: string, now: number): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'iss'],
      clockTolerance: leeway,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    throw new SfuError('unauthorized', sentenceFor(error), { cause: error });
  }
}

function sentenceFor(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired; ask for a new one';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
    return 'the token is not valid yet; check the clocks and its claim nbf';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the claim ${error.claim} of the token is missing or invalid; docs/tokens.md lists what is needed`;
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'the signature of the token is wrong; sign it with the secret of the key in "iss"';
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'the token is not signed with HS256; sign it with HS256';
  return 'the token cannot be verified; ask for a new one';
}

function wrongClaims(payload: JWTPayload): SfuError {
  const first = claimsCheck.Errors(payload).First();
  const claim = first?.path.slice(1).replaceAll('/', '.') || 'the claims';
  return new SfuError(
    'unauthorized',
    `the token's claim ${claim} is wrong: ${first?.message ?? 'docs/tokens.md lists what is needed'}`,
  );
}

function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  if (JSON.stringify(metadata).length > maxMetadataLength) {
    throw new SfuError(
      'unauthorized',
      `the token's metadata has more than ${maxMetadataLength} characters as JSON; put less into it`,
    );
  }
}
