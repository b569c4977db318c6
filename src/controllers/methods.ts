import { Type } from '@sinclair/typebox';
import type { Scope } from '../access/scopes.ts';
import { publicEventTypes } from '../core/public-events.ts';
import { Id, oneOf } from '../core/schemas.ts';
import { params } from '../operations/schemas.ts';
import { dataCheck } from '../wire/check.ts';

const position = Type.String({ maxLength: 64, description: 'The id of an event, or a position from here' });

/** The methods of the control socket that are not operations, for they concern the connection itself. */
export const connectionMethods = {
  subscribe: {
    doc: 'Events follow as notifications `event`: those that come, or, with `after`, those since then first. `gap: true` tells that some since then are forgotten; then look at everything anew. A new subscription takes the place of the one before.',
    scope: 'read' satisfies Scope as Scope,
    params: params({
      types: Type.Optional(
        Type.Array(oneOf(publicEventTypes), { maxItems: 64, description: 'Only these; all unless told' }),
      ),
      roomId: Type.Optional(Id),
      after: Type.Optional(position),
    }),
    result: Type.Object({ position, gap: Type.Boolean() }),
    example: { types: ['peer_joined', 'peer_left'], roomId: 'lecture' },
  },
  unsubscribe: {
    doc: 'Ends the subscription. The answer tells where it ended.',
    scope: 'read' satisfies Scope as Scope,
    params: params({}),
    result: Type.Object({ position }),
    example: {},
  },
} as const;

export const subscribeCheck = dataCheck(connectionMethods.subscribe.params);

/** What a controller is told beside what it asks for, and beside the notices of its own objects. */
export const connectionNotifications = {
  welcome: {
    data: Type.Object({
      controllerId: Type.String({ description: 'Give it as ?controllerId= to come back as the same one' }),
      graceSeconds: Type.Integer({ description: 'For how long your objects outlive this connection' }),
      position: Type.String({ description: 'Where the stream of events is now' }),
    }),
    doc: 'The first message: you were let in.',
  },
  event: {
    data: Type.Object({
      id: Type.String({ description: 'Its position: resume after it' }),
      type: oneOf(publicEventTypes),
      time: Type.Integer({ description: 'Milliseconds since the epoch' }),
      roomId: Type.Union([Id, Type.Null()]),
      sequence: Type.Union([Type.Integer(), Type.Null()], {
        description: 'Counts the events of one life of a room, from 1, without gaps',
      }),
      data: Type.Record(Type.String(), Type.Unknown()),
    }),
    doc: 'Something that you subscribed to.',
  },
  invalidMessage: {
    data: Type.Object({ reason: Type.String() }),
    doc: 'A frame of yours could not be read, and has no id to answer to. After several the socket is closed with 1008.',
  },
} as const;
