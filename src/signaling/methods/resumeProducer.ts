import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { resumePublication } from '../../sfu/rooms/publishing.ts';
import { defineMethod } from '../method.ts';

export const resumeProducer = defineMethod({
  name: 'resumeProducer',
  doc: 'Resumes a producer, unless a moderator muted it.',
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
