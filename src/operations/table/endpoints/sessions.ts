import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../../core/schemas.ts';
import { requireId } from '../../../wire/check.ts';
import { RtpCapabilities } from '../../../wire/rtp.ts';
import { keep, SessionInfo } from '../../endpoint-schemas.ts';
import { ownerOf, requireOwner } from '../../holdings/owner.ts';
import { defineOperation } from '../../operation.ts';
import { pageByKey } from '../../paging.ts';
import { pageOf, paging, params, roomOptions } from '../../schemas.ts';
import { checkMetadata } from '../metadata.ts';
import { describeSession } from './describe.ts';

/** A session is for two peers, such as the sides of a telephone call, unless the request says otherwise. */
const defaultMaxPeers = 2;

export const createSession = defineOperation({
  name: 'createSession',
  verb: 'POST',
  path: '/sessions',
  doc: `Opens a room that belongs to your program and ends with it, by default for ${defaultMaxPeers} peers. The answer says what media the room supports.`,
  scope: 'media',
  params: params({
    roomId: Type.Optional(Id),
    keep: Type.Optional(keep),
    codecs: Type.Optional(roomOptions.codecs),
    maxPeers: Type.Optional(roomOptions.maxPeers),
    emptySeconds: Type.Optional(roomOptions.emptySeconds),
    metadata: Type.Optional(roomOptions.metadata),
  }),
  result: Type.Object({ ...SessionInfo.properties, rtpCapabilities: RtpCapabilities }),
  status: 201,
  errors: ['wrong_state', 'draining', 'worker_unavailable', 'gone'],
  example: { codecs: ['PCMU', 'telephone-event'] },
  async run(context, { roomId = crypto.randomUUID(), keep = false, ...requested }) {
    requireId('roomId', roomId);
    checkMetadata(requested.metadata);
    const options = { maxPeers: defaultMaxPeers, ...requested };
    const owner = ownerOf(context);
    const session = await context.holdings.addSession({ roomId, options, owner, keep });
    return { ...describeSession(session), rtpCapabilities: session.room.routers.rtpCapabilities };
  },
});

export const listSessions = defineOperation({
  name: 'listSessions',
  verb: 'GET',
  path: '/sessions',
  doc: 'The sessions of all programs, with their owners.',
  scope: 'read',
  params: params({ ...paging }),
  result: pageOf(SessionInfo),
  errors: [],
  example: {},
  run: ({ holdings }, query) =>
    pageByKey(
      [...holdings.sessions].map(([id, session]) => [id, describeSession(session)] as const),
      query,
    ),
});

export const getSession = defineOperation({
  name: 'getSession',
  verb: 'GET',
  path: '/sessions/:roomId',
  doc: 'One session with its owner. Read the state of its room with getRoomState.',
  scope: 'read',
  params: params({ roomId: Id }),
  result: SessionInfo,
  errors: ['not_found'],
  example: { roomId: '{session}' },
  run: ({ holdings }, { roomId }) => describeSession(holdings.session(roomId)),
});

export const closeSession = defineOperation({
  name: 'closeSession',
  verb: 'DELETE',
  path: '/sessions/:roomId',
  doc: 'Ends your session: its room is closed for everyone in it.',
  scope: 'media',
  params: params({ roomId: Id }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: '{session}' },
  run(context, { roomId }) {
    const session = context.holdings.session(roomId);
    requireOwner(session, ownerOf(context));
    context.holdings.closeSession(session, context.caller.by);
    return {};
  },
});

export const takeOverSession = defineOperation({
  name: 'takeOverSession',
  verb: 'PUT',
  path: '/sessions/:roomId/owner',
  doc: 'Makes a session yours, whoever owns it. Its former owner is notified.',
  scope: 'media',
  params: params({ roomId: Id }),
  result: SessionInfo,
  errors: ['not_found'],
  example: { roomId: '{session}' },
  run(context, { roomId }) {
    const session = context.holdings.session(roomId);
    context.holdings.takeOver(session, ownerOf(context));
    return describeSession(session);
  },
});
