import { Type } from '@sinclair/typebox';
import { requireScope } from '../../access/scopes.ts';
import { mintToken } from '../../access/tokens.ts';
import { SfuError } from '../../core/errors.ts';
import { Id } from '../../core/schemas.ts';
import { requireId } from '../../wire/check.ts';
import { defineOperation, requesterOf } from '../operation.ts';
import { Grants, Metadata, params, Token } from '../schemas.ts';
import { checkMetadata } from './metadata.ts';

const daySeconds = 24 * 3600;

export const mintPeerToken = defineOperation({
  name: 'mintPeerToken',
  verb: 'POST',
  path: '/tokens',
  doc: 'Signs a token with which one peer can enter one room. To grant `moderate`, the key needs the scope moderate too.',
  scope: 'tokens',
  params: params({
    roomId: Id,
    peerId: Id,
    displayName: Type.Optional(
      Type.String({ maxLength: 256, description: 'A name that the client cannot change' }),
    ),
    metadata: Type.Optional(Metadata),
    grants: Type.Optional(Grants),
    seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 365 * daySeconds,
        description: 'How long the token is valid; one day by default',
      }),
    ),
  }),
  result: Token,
  errors: ['wrong_state'],
  example: {
    roomId: 'room',
    peerId: 'carol',
    displayName: 'Carol',
    grants: { publish: ['audio'] },
    seconds: 3600,
  },
  async run(context, request) {
    const { caller, config, store, clock } = context;
    const { roomId, peerId, displayName, metadata, grants, seconds = daySeconds } = request;
    requireId('roomId', roomId);
    requireId('peerId', peerId);
    checkMetadata(metadata);
    if (grants?.moderate) requireScope(caller, 'moderate');
    const [key, secret] = signingKey(config.apiKeys, caller.by.id);
    const now = clock.now();
    const tokenId = crypto.randomUUID();
    const expiresAt = (Math.floor(now / 1000) + seconds) * 1000;
    const intent = { ...requesterOf(context), action: 'token.mint', roomId, peerId };
    store.audit.record({ ...intent, details: { tokenId, expiresAt, ...(grants && { grants }) } });
    await store.synced();
    const identity = { roomId, peerId, displayName, metadata, grants, tokenId };
    return {
      token: await mintToken({ key, secret, lifetime: seconds, now, ...identity }),
      tokenId,
      expiresAt,
    };
  },
});

/** The key that signs tokens for a caller: the one of its own name, or else the first. @throws SfuError wrong_state */
function signingKey(apiKeys: ReadonlyMap<string, string>, callerName: string): readonly [string, string] {
  const keys = [...apiKeys];
  const key = keys.find(([name]) => name === callerName) ?? keys[0];
  if (key) return key;
  throw new SfuError(
    'wrong_state',
    'this server runs in development mode, where tokens are not needed; set TUREEN_API_KEY and TUREEN_API_SECRET',
  );
}
