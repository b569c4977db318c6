import { createHmac } from 'node:crypto';
import type { Config } from '../config/config.ts';

/** As in RTCConfiguration.iceServers. */
export type IceServers = NonNullable<Config['iceServers']>[number][];

/**
 * The ICE servers for one client: the configured ones, or the TURN servers with credentials for this client that expire
 * (the TURN REST API, draft-uberti-behave-turn-rest). The user name is the expiry in seconds and the peer id, the
 * password its HMAC-SHA1.
 */
export function iceServersFor(config: Config, peerId: string, now: number): IceServers {
  const { iceServers = [], turnUrls, turnSecret, turnSeconds } = config;
  if (!turnUrls || !turnSecret) return [...iceServers];
  const username = `${Math.floor(now / 1000) + turnSeconds}:${peerId}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return [{ urls: [...turnUrls], username, credential }];
}
