import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Id } from '../../core/schemas.ts';
import { subscribe } from '../../sfu/rooms/subscribing.ts';
import { describeConsumer } from '../describe.ts';
import { ConsumerInfo } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const consume = defineMethod({
  name: 'consume',
  doc: 'Receives what another peer publishes, for clients that joined with autoSubscribe false. Ask for it paused and resume it when your side is ready.',
  params: Type.Object({ producerId: Id, paused: Type.Optional(Type.Boolean()) }),
  result: ConsumerInfo,
  state: 'joined',
  grant: 'subscribe',
  errors: ['not_found', 'wrong_state', 'unsupported', 'gone'],
  example: { producerId: '{remoteProducer}', paused: true },
  async run({ room, peer }, { producerId, paused = false }) {
    const publication = room.findPublication(producerId);
    if (!publication || publication.info.sessionId === peer.sessionId) {
      throw new SfuError(
        'not_found',
        `nobody else in this room publishes "${producerId}"; it may have ended`,
      );
    }
    return describeConsumer(await subscribe(room, peer, publication, { paused }));
  },
});
