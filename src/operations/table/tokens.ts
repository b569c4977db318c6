import { Type } from '@sinclair/typebox';
import { requireScope } from '../../access/scopes.ts';
import { mintToken } from '../../access/tokens.ts';
import { SfuError } from '../../core/errors.ts';
import { Id } from '../../core/schemas.ts';
import { defineOperation } from '../operation.ts';
import { Grants, Metadata, params, Token } from '../schemas.ts';
import { checkId, checkMetadata } from './checks.ts';

const day = 24 * 3600;

export const mintPeerToken = defineOperation({
  name: 'mintPeerToken',
  verb: 'POST',
  path: '/tokens',
  doc: 'Signs a token with which one peer enters one room. One that grants `moderate` needs the scope moderate as well.',
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
        maximum: 365 * day,
        description: 'How long it is good for; a day unless told',
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
  async run({ caller, config, store, clock }, request) {
    const { roomId, peerId, displayName, metadata, grants, seconds = day } = request;
    checkId('roomId', roomId);
    checkId('peerId', peerId);
    checkMetadata(metadata);
    if (grants?.moderate) requireScope(caller, 'moderate');
    const [key, secret] =
      [...config.apiKeys].find(([name]) => name === caller.by.id) ?? [...config.apiKeys][0] ?? [];
    if (key === undefined || secret === undefined) {
      throw new SfuError(
        'wrong_state',
        'this server runs in development mode, where nobody needs a token; set TUREEN_API_KEY and TUREEN_API_SECRET',
      );
    }
    const now = clock.now();
    const tokenId = crypto.randomUUID();
    const expiresAt = (Math.floor(now / 1000) + seconds) * 1000;
    const intent = { by: caller.by, address: caller.address, action: 'token.mint', roomId, peerId };
    store.audit.record({ ...intent, details: { tokenId, expiresAt, ...(grants && { grants }) } });
    const identity = { roomId, peerId, name: displayName, metadata, grants, tokenId };
    return {
      token: await mintToken({ key, secret, lifetime: seconds, now, ...identity }),
      tokenId,
      expiresAt,
    };
  },
});
