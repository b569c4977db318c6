import { type Static, Type } from '@sinclair/typebox';
import { Id, orNull, StableWord } from '../../core/schemas.ts';
import { OwnerInfo } from './owner.ts';

const reason = StableWord;

/** The notifications that a controller gets about its own objects, whether or not it subscribed to events. */
export const notices = {
  endpointClosed: {
    data: Type.Object({ roomId: Id, peerId: Id, reason, detail: Type.String() }),
    doc: 'An endpoint ended, with everything that it had: you closed it, a moderator removed it, or its room ended.',
  },
  sessionClosed: { data: Type.Object({ roomId: Id, reason }), doc: 'A session ended, and its room with it.' },
  transportClosed: {
    data: Type.Object({ roomId: Id, peerId: Id, transportId: Id, reason }),
    doc: 'A transport of an endpoint ended. `not_allowed`: packets came from an address that the operator does not allow.',
  },
  mediaLost: {
    data: Type.Object({ roomId: Id, peerId: Id, reason }),
    doc: 'The media worker died, or the room was moved. The endpoint is still in its room, but its transports are gone: open them again.',
  },
  takenOver: {
    data: Type.Object({ roomId: Id, peerId: orNull(Id), owner: OwnerInfo }),
    doc: 'Another program took over an endpoint, or a session (then peerId is null).',
  },
} as const;

export type Notices = { [N in keyof typeof notices]: Static<(typeof notices)[N]['data']> };
