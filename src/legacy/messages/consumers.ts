import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Nothing, orNull } from '../../core/schemas.ts';
import { mediaCall, readStatistics } from '../../sfu/media/media-call.ts';
import { pauseSubscription, resumeSubscription, startSubscription } from '../../sfu/rooms/subscribing.ts';
import { AnyAppData } from '../app-data.ts';
import { isPaused, type Received } from '../media.ts';
import { defineMessage } from '../message.ts';
import { Num } from '../notifications.ts';
import { isLayered, layersOf, type Profile, ProfileName, profileOf } from '../profiles.ts';
import { nameOf } from '../view.ts';
import { Interval } from './statistics.ts';

const appData = Type.Optional(AnyAppData);

export const enableConsumer = defineMessage({
  name: 'enableConsumer',
  type: 'request',
  target: 'peer',
  doc: 'Your side of a consumer is ready: it starts, unless it is to be paused. From then on you are told when who sends it pauses.',
  params: Type.Object({
    id: Num,
    transportId: Num,
    paused: Type.Optional(Type.Boolean()),
    preferredProfile: Type.Optional(orNull(ProfileName)),
  }),
  result: Type.Object({
    paused: Type.Boolean({ description: 'by who sends it' }),
    preferredProfile: ProfileName,
    effectiveProfile: orNull(ProfileName, 'null while nothing is forwarded'),
  }),
  state: 'joined',
  errors: ['not_found', 'wrong_state', 'gone'],
  example: { id: '{consumer}', transportId: '{recvTransport}', paused: false, preferredProfile: 'default' },
  async run({ room, media, view, afterReply }, { id, transportId, paused = false, preferredProfile }) {
    const received = media.consumer(id);
    const { subscription } = received;
    if (media.transport(transportId).transport.id !== subscription.transportId)
      throw new SfuError(
        'wrong_state',
        'this consumer comes over the transport for receiving; enable it there',
      );
    if (preferredProfile) await prefer(received, preferredProfile);
    received.enabled = true;
    if (paused) await pauseSubscription(room, subscription);
    else await startSubscription(room, subscription, { asked: true });
    received.settled.resolve();
    return () => {
      // A pause in the response is taken up; its end is not, and is told.
      received.toldPaused ||= isPaused(received);
      received.toldProfile = profileOf(subscription.consumer);
      afterReply(() => view.tellPause(received));
      const { preferredProfile: preferred, toldProfile } = received;
      return { paused: isPaused(received), preferredProfile: preferred, effectiveProfile: toldProfile };
    };
  },
});

export const pauseConsumer = defineMessage({
  name: 'pauseConsumer',
  type: 'notification',
  target: 'peer',
  doc: 'Pauses what you receive.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'gone'],
  example: { id: '{consumer}' },
  async run({ room, media }, { id }) {
    await pauseSubscription(room, media.consumer(id).subscription);
    return {};
  },
});

export const resumeConsumer = defineMessage({
  name: 'resumeConsumer',
  type: 'notification',
  target: 'peer',
  doc: 'Goes on receiving.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'gone'],
  example: { id: '{consumer}' },
  async run({ room, media }, { id }) {
    await resumeSubscription(room, media.consumer(id).subscription);
    return {};
  },
});

export const setConsumerPreferredProfile = defineMessage({
  name: 'setConsumerPreferredProfile',
  type: 'notification',
  target: 'peer',
  doc: 'Sets the best layer that you want of a sender with several. You get a lower one when bandwidth is short.',
  params: Type.Object({ id: Num, profile: ProfileName }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'gone'],
  example: { id: '{consumer}', profile: 'medium' },
  async run({ media, notify }, { id, profile }) {
    const received = media.consumer(id);
    await prefer(received, profile);
    notify('consumerPreferredProfileSet', { ...nameOf(received), profile });
    return {};
  },
});

export const enableConsumerStats = defineMessage({
  name: 'enableConsumerStats',
  type: 'notification',
  target: 'peer',
  doc: 'Sends `consumerStats` from time to time.',
  params: Type.Object({ id: Num, interval: Interval }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{consumer}', interval: 1000 },
  run({ media, statistics, notify }, { id, interval }) {
    const received = media.consumer(id);
    statistics.start(received, {
      interval,
      read: () => readStatistics(received.subscription.consumer),
      send: (stats) => notify('consumerStats', { ...nameOf(received), stats }),
    });
    return {};
  },
});

export const disableConsumerStats = defineMessage({
  name: 'disableConsumerStats',
  type: 'notification',
  target: 'peer',
  doc: 'Ends what `enableConsumerStats` began.',
  params: Type.Object({ id: Num }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{consumer}' },
  run({ media, statistics }, { id }) {
    statistics.stop(media.consumer(id));
    return {};
  },
});

async function prefer(received: Received, profile: Profile): Promise<void> {
  const { consumer } = received.subscription;
  received.preferredProfile = profile;
  if (!isLayered(consumer)) return;
  await mediaCall(consumer, 'setting layers', () => consumer.setPreferredLayers(layersOf(profile, consumer)));
}
