import { Type } from '@sinclair/typebox';
import { resumePublication } from '../../sfu/rooms/publishing.ts';
import { Id, Nothing } from '../../wire/envelope.ts';
import { defineMethod } from '../method.ts';

export const resumeProducer = defineMethod({
  name: 'resumeProducer',
  doc: 'Sends again, unless a moderator holds it.',
  params: Type.Object({ producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'forbidden', 'gone'],
  example: { producerId: '{producer}' },
  async run({ room, peer }, { producerId }) {
    await resumePublication(room, peer.publication(producerId));
    return {};
  },
});
