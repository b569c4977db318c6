import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Id, Nothing, orNull, Reason } from '../../core/schemas.ts';
import { defineOperation, requesterOf } from '../operation.ts';
import { pageOfTimedRows } from '../paging.ts';
import { Ban, BanKind, pageOf, paging, params } from '../schemas.ts';

const target = {
  banId: Type.Union(
    [
      Type.String({ pattern: '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9][0-9]{0,15})$' }),
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    ],
    {
      description:
        'The id of the ban. Deprecated, and gone in the next version: the number that a ban had before ids were UUIDs, on the node that had it.',
    },
  ),
};

export const listBans = defineOperation({
  name: 'listBans',
  verb: 'GET',
  path: '/bans',
  doc: 'Bans, the newest first.',
  scope: 'moderate',
  params: params({
    text: Type.Optional(Type.String({ maxLength: 200, description: 'Text to find in any field' })),
    holding: Type.Optional(Type.Boolean({ description: 'Only bans that are in force now' })),
    ...paging,
  }),
  result: pageOf(Ban),
  errors: [],
  example: { holding: true },
  run: ({ store }, { text, holding, ...query }) =>
    pageOfTimedRows((page) => store.bans.list({ text, onlyActive: holding, ...page }), query),
});

export const addBan = defineOperation({
  name: 'addBan',
  verb: 'POST',
  path: '/bans',
  doc: 'Adds a ban, also for someone who is not connected. Peers that it matches are removed.',
  scope: 'moderate',
  params: params({
    kind: BanKind,
    value: Type.String({
      minLength: 1,
      maxLength: 128,
      description:
        'The subject of tokens (their peer id), a jti, or an IP address or range. An IPv6 address stands for its /64 unless a prefix is given.',
    }),
    roomId: Type.Optional(orNull(Id, 'Null or left out for the whole server')),
    seconds: Type.Optional(
      orNull(
        Type.Integer({ minimum: 1, maximum: 10 * 365 * 24 * 3600 }),
        'How long it lasts; null or left out for a permanent ban',
      ),
    ),
    reason: Type.Optional(Reason),
  }),
  result: Ban,
  status: 201,
  errors: [],
  example: { kind: 'identity', value: 'mallory', roomId: 'room', seconds: 3600, reason: 'spam' },
  async run(context, { kind, value, roomId = null, seconds = null, reason = '' }) {
    const { caller, clock, commands } = context;
    const expiresAt = seconds === null ? null : clock.now() + seconds * 1000;
    return await commands.ban(
      { kind, value, roomId, reason, by: caller.by, expiresAt },
      requesterOf(context, reason),
    );
  },
});

export const getBan = defineOperation({
  name: 'getBan',
  verb: 'GET',
  path: '/bans/:banId',
  doc: 'One ban, also when it has ended.',
  scope: 'moderate',
  params: params(target),
  result: Ban,
  versioned: true,
  errors: ['not_found'],
  example: { banId: '{ban}' },
  run({ store }, { banId }) {
    const ban = store.bans.get(String(banId));
    if (ban) return ban;
    throw new SfuError('not_found', `there is no ban ${banId}; listBans has them all`);
  },
});

export const liftBan = defineOperation({
  name: 'liftBan',
  verb: 'DELETE',
  path: '/bans/:banId',
  doc: 'Ends a ban before its time. Tokens that were issued before a removal stay void.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { banId: '{ban}' },
  async run(context, { banId, reason }) {
    await context.commands.liftBan(String(banId), requesterOf(context, reason));
    return {};
  },
});
