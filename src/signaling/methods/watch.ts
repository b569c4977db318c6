import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import * as offering from '../../sfu/rooms/offering.ts';
import { describeConsumers } from '../describe.ts';
import { ConsumerInfo } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

/** The most videos that a peer may watch. Their ids have to fit into one frame. */
export const maxWatched = 1024;

export const watch = defineMethod({
  name: 'watch',
  doc: 'You receive these videos and no others, from now on until you say something else: makes consumers, paused, of those that you do not receive yet, and closes those of all other videos, of which you get no consumerClosed. What is not there, or cannot be consumed, is left out; when it comes later it is offered to you by newConsumer. The one that you send last counts. Start them with resumeConsumers.',
  params: Type.Object({ producerIds: Type.Array(Id, { maxItems: maxWatched }) }),
  result: Type.Object({ consumers: Type.Array(ConsumerInfo) }),
  state: 'joined',
  grant: 'subscribe',
  errors: [],
  example: { producerIds: ['{remoteVideo}'] },
  async run({ room, peer }, { producerIds }) {
    return { consumers: describeConsumers(await offering.watch(room, peer, producerIds)) };
  },
});
