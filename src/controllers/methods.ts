import { Type } from '@sinclair/typebox';
import type { Scope } from '../access/scopes.ts';
import { publicEventTypes } from '../core/public-events.ts';
import { Id, oneOf } from '../core/schemas.ts';
import { params } from '../operations/schemas.ts';
import { eventsLost } from '../public-events/stream.ts';
import { dataCheck } from '../wire/check.ts';

const position = Type.String({
  maxLength: 64,
  description: 'The id of an event, or a position that was returned',
});

/** The methods of the control socket that are not operations, because they are about the connection itself. */
export const connectionMethods = {
  subscribe: {
    doc: 'Subscribes to events, which follow as notifications `event`: new ones, or with `after` first those since that position. `gap: true` means that some of these are lost: then read the state again. A new subscription replaces the one before.',
    scope: 'read' satisfies Scope as Scope,
    params: params({
      types: Type.Optional(
        Type.Array(oneOf(publicEventTypes), {
          maxItems: 64,
          description: 'Only these types; all by default',
        }),
      ),
      roomId: Type.Optional(Id),
      after: Type.Optional(position),
    }),
    result: Type.Object({ position, gap: Type.Boolean() }),
    example: { types: ['peer_joined', 'peer_left'], roomId: 'lecture' },
  },
  unsubscribe: {
    doc: 'Ends the subscription. The reply has the position at which it ended.',
    scope: 'read' satisfies Scope as Scope,
    params: params({}),
    result: Type.Object({ position }),
    example: {},
  },
} as const;

export const subscribeCheck = dataCheck(connectionMethods.subscribe.params);

/** Notifications to a controller, besides those about its own objects. */
export const connectionNotifications = {
  welcome: {
    data: Type.Object({
      controllerId: Type.String({
        description: 'Send it as ?controllerId= to come back as the same controller',
      }),
      graceSeconds: Type.Integer({ description: 'How long your objects outlive this connection' }),
      position: Type.String({ description: 'The current position in the stream of events' }),
    }),
    doc: 'The first message: your connection was accepted.',
  },
  event: {
    data: Type.Object({
      id: Type.String({ description: 'Its position, for `after`' }),
      type: oneOf([...publicEventTypes, eventsLost]),
      node: Type.String({ description: 'The node on which it happened' }),
      time: Type.Integer({ description: 'Milliseconds since the epoch' }),
      roomId: Type.Union([Id, Type.Null()]),
      sequence: Type.Union([Type.Integer(), Type.Null()], {
        description:
          'Counts the events of a room on that node from 1, without gaps, until the room is closed there',
      }),
      data: Type.Record(Type.String(), Type.Unknown()),
    }),
    doc: 'An event that you subscribed to, of any node of a mesh; those of one node are in order. `events_lost` comes whatever types you named: some events of `node` did not arrive here, so read the state again.',
  },
  invalidMessage: {
    data: Type.Object({ reason: Type.String() }),
    doc: 'A frame of yours could not be read and has no id to reply to. After several of them the socket is closed with 1008.',
  },
} as const;
