import type { SignalingClient } from '../support/signaling-client.ts';
import { enter, type MemberOptions } from '../support/world.ts';

/** Somebody who wants to send, and of whom nothing arrives at the media port. Another transport is not connected at all. */
export async function enterInVain(options: MemberOptions): Promise<SignalingClient> {
  const { client, sendTransport: transportId } = await enter(options);
  const fingerprints = [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }];
  const dtlsParameters = { role: 'client' as const, fingerprints };
  await client.request('connectWebRtcTransport', { transportId, dtlsParameters });
  return client;
}
