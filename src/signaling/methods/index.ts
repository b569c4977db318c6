import type { Static } from '@sinclair/typebox';
import type { Method } from '../method.ts';
import { allowAll } from './allowAll.ts';
import { allowProducer } from './allowProducer.ts';
import { changeDisplayName } from './changeDisplayName.ts';
import { closeConsumer } from './closeConsumer.ts';
import { closeProducer } from './closeProducer.ts';
import { commitMove } from './commitMove.ts';
import { connectWebRtcTransport } from './connectWebRtcTransport.ts';
import { consume } from './consume.ts';
import { createWebRtcTransport } from './createWebRtcTransport.ts';
import { getConsumerStats } from './getConsumerStats.ts';
import { getDataConsumerStats } from './getDataConsumerStats.ts';
import { getDataProducerStats } from './getDataProducerStats.ts';
import { getProducerStats } from './getProducerStats.ts';
import { getRouterRtpCapabilities } from './getRouterRtpCapabilities.ts';
import { getRtcStatsUrl } from './getRtcStatsUrl.ts';
import { getTransportStats } from './getTransportStats.ts';
import { join } from './join.ts';
import { leaveCall } from './leaveCall.ts';
import { listPeers } from './listPeers.ts';
import { lockRoom } from './lockRoom.ts';
import { lowerHand } from './lowerHand.ts';
import { lowerHands } from './lowerHands.ts';
import { muteAll } from './muteAll.ts';
import { muteProducer } from './muteProducer.ts';
import { pauseConsumer } from './pauseConsumer.ts';
import { pauseProducer } from './pauseProducer.ts';
import { produce } from './produce.ts';
import { produceData } from './produceData.ts';
import { raiseHand } from './raiseHand.ts';
import { react } from './react.ts';
import { received } from './received.ts';
import { removePeer } from './removePeer.ts';
import { reportGap } from './reportGap.ts';
import { reportQuality } from './reportQuality.ts';
import { requestConsumerKeyFrame } from './requestConsumerKeyFrame.ts';
import { restartIce } from './restartIce.ts';
import { resumeConsumer } from './resumeConsumer.ts';
import { resumeConsumers } from './resumeConsumers.ts';
import { resumeProducer } from './resumeProducer.ts';
import { sendMessage } from './sendMessage.ts';
import { setAttributes } from './setAttributes.ts';
import { setConsumerPreferredLayers } from './setConsumerPreferredLayers.ts';
import { setConsumerPriority } from './setConsumerPriority.ts';
import { setPeerAttributes } from './setPeerAttributes.ts';
import { setPublish } from './setPublish.ts';
import { watch } from './watch.ts';

/** Every method of the protocol, in the order in which a client uses them. To add one, add its file and a line here. */
export const methods = [
  getRouterRtpCapabilities,
  createWebRtcTransport,
  connectWebRtcTransport,
  restartIce,
  join,
  commitMove,
  listPeers,
  produce,
  produceData,
  closeProducer,
  pauseProducer,
  resumeProducer,
  watch,
  consume,
  closeConsumer,
  pauseConsumer,
  resumeConsumer,
  resumeConsumers,
  setConsumerPreferredLayers,
  setConsumerPriority,
  reportQuality,
  requestConsumerKeyFrame,
  changeDisplayName,
  setAttributes,
  raiseHand,
  lowerHand,
  react,
  sendMessage,
  getTransportStats,
  getProducerStats,
  getConsumerStats,
  getDataProducerStats,
  getDataConsumerStats,
  received,
  reportGap,
  leaveCall,
  getRtcStatsUrl,
  removePeer,
  muteProducer,
  allowProducer,
  muteAll,
  allowAll,
  setPublish,
  lowerHands,
  setPeerAttributes,
  lockRoom,
] as const;

type MethodUnion = (typeof methods)[number];
export type MethodName = MethodUnion['name'];
type MethodOf<N extends MethodName> = Extract<MethodUnion, { name: N }>;
/** What a client sends with a method. */
export type MethodParams<N extends MethodName> = Static<MethodOf<N>['params']>;
/** What the server answers to it. */
export type MethodResult<N extends MethodName> = Static<MethodOf<N>['result']>;

const byName = new Map<string, Method>(
  methods.flatMap((method): [string, Method][] => {
    const aliases: readonly string[] = method.aliases ?? [];
    return [method.name, ...aliases].map((name) => [name, method as unknown as Method]);
  }),
);

/** Finds a method by its name or alias. */
export function findMethod(name: string): Method | undefined {
  return byName.get(name);
}
