import type { Config } from './config.ts';

/** What can change while the server runs, because it is read each time that it is needed. */
export const changeable = [
  'logLevel',
  'publicUrl',
  'apiKeys',
  'iceServers',
  'turnUrls',
  'turnSecret',
  'turnSeconds',
  'allowedOrigins',
  'addressRequestsPerSecond',
  'maxPeersPerRoom',
  'announcedAudience',
  'maxSessionsPerSubject',
  'maxSessionsPerAddress',
  'maxTransportsPerPeer',
  'maxProducersPerPeer',
  'maxDataProducersPerPeer',
  'maxIncomingBitrate',
  'maxOutgoingBitrate',
  'fullAt',
  'initialOutgoingBitrate',
  'roomConsumersPerWorker',
  'roomMbpsPerWorker',
  'emptyRoomSeconds',
  'joinSeconds',
  'resumeSeconds',
  'whipConnectSeconds',
  'iceFailureSeconds',
  'drainSeconds',
  'drainJoins',
  'messagesPerSecond',
  'broadcasterSilenceSeconds',
  'adminWatch',
  'webhooks',
  'webhookAllow',
  'webhookRetryHours',
] as const satisfies readonly (keyof Config)[];

/** Whether a row of the settings can change while the server runs. The rows of the API keys are one value together. */
export function isChangeable(name: string): boolean {
  const value = name === 'apiKeyNames' || name === 'apiSecrets' ? 'apiKeys' : name;
  return (changeable as readonly string[]).includes(value);
}
