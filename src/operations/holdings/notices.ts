import { type Static, Type } from '@sinclair/typebox';
import { Id, orNull, StableWord } from '../../core/schemas.ts';
import { OwnerInfo } from '../endpoint-schemas.ts';

const reason = StableWord;

/** What a controller is told of its own objects, whether it subscribed to events or not. */
export const notices = {
  endpointClosed: {
    data: Type.Object({ roomId: Id, peerId: Id, reason, detail: Type.String() }),
    doc: 'An endpoint ended: you closed it, a moderator removed it, or its room ended. All that it had is gone.',
  },
  sessionClosed: { data: Type.Object({ roomId: Id, reason }), doc: 'A session ended, and its room with it.' },
  transportClosed: {
    data: Type.Object({ roomId: Id, peerId: Id, transportId: Id, reason }),
    doc: 'A transport of an endpoint ended. `not_allowed`: something sent to it from an address that the operator does not allow.',
  },
  mediaLost: {
    data: Type.Object({ roomId: Id, peerId: Id, reason }),
    doc: 'The media worker died, or the room was moved. The endpoint is in its room and its transports are gone: open them anew.',
  },
  takenOver: {
    data: Type.Object({ roomId: Id, peerId: orNull(Id), owner: OwnerInfo }),
    doc: 'Another program has taken over an endpoint, or a session (then peerId is null).',
  },
} as const;

export type Notices = { [N in keyof typeof notices]: Static<(typeof notices)[N]['data']> };
