import { type Static, Type } from '@sinclair/typebox';
import { Id } from './schemas.ts';

/**
 * How many peers a message may go to, how large it may be as JSON, and what a peer gets of others. However many they are,
 * they cannot make its socket lag behind, or push what a client has missed out of the log that is kept for it.
 */
export const messageLimits = { peers: 32, bytes: 16_384, receivedKibPerSecond: 16 } as const;

/**
 * What one peer writes to others by name: a message, a request (with `id`), or the answer to one (with `answers`). The
 * server passes it on as it is.
 */
export const PeerMessage = Type.Object(
  {
    topic: Type.Optional(Type.String({ maxLength: 128, description: 'what it is about' })),
    id: Type.Optional(Type.String({ maxLength: 128, description: 'of a request, which wants an answer' })),
    answers: Type.Optional(Type.String({ maxLength: 128, description: 'the id of the request' })),
    data: Type.Optional(Type.Unknown()),
    error: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'instead of an answer; empty when nobody there knows the topic',
      }),
    ),
  },
  { description: `at most ${messageLimits.bytes} bytes as JSON` },
);
export type PeerMessage = Static<typeof PeerMessage>;

/** What a message of a peer goes to. */
export const Addressees = Type.Array(Id, { minItems: 1, maxItems: messageLimits.peers });
