import { type Static, Type } from '@sinclair/typebox';
import { Id, oneOf, orNull } from '../core/schemas.ts';
import { Life } from './schemas.ts';

/** What nodes say to each other about commands. What the params of each are is in commands/table.ts. */

export const commandNames = [
  'removePeer',
  'removeSubject',
  'muteProducer',
  'allowProducer',
  'closeProducer',
  'pauseConsumer',
  'resumeConsumer',
  'closeConsumer',
  'mutePeer',
  'allowPeer',
  'lowerHand',
  'setPublish',
  'setPeerMetadata',
  'setPeerAttributes',
  'notifyPeer',
  'muteRoom',
  'allowRoom',
  'lowerHands',
  'moveRoom',
  'notifyRoom',
  'changeRoom',
  'setRoomLocked',
  'capBitrate',
  'closeRoom',
  'drain',
  'cancelDrain',
  'startCapture',
  'fetchCapture',
  'discardCapture',
] as const;
export type CommandName = (typeof commandNames)[number];

export const Command = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: 'the same when it is sent again' }),
  life: Life,
  sessionId: orNull(Id, 'of the peer that it is for; another session of that peer is not meant'),
  name: oneOf(commandNames),
  params: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 32 }),
});
export type Command = Static<typeof Command>;

const text = Type.String({ maxLength: 4096 });

export const CommandAnswer = Type.Union([
  Type.Object({
    ok: Type.Literal(true),
    value: Type.Unknown(),
    warnings: Type.Array(text, { maxItems: 16, description: 'for who asked' }),
  }),
  Type.Object({ ok: Type.Literal(false), code: Type.String({ maxLength: 64 }), message: text }),
]);
export type CommandAnswer = Static<typeof CommandAnswer>;
