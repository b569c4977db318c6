import { parseScalabilityMode, type types } from 'mediasoup';
import { oneOf } from '../core/schemas.ts';
import { layerProfiles } from './rtp-schemas.ts';

/** Profiles are the layers of version 2: low, medium and high are the spatial layers 0, 1 and 2, default is the best. */
export const profiles = ['default', ...layerProfiles] as const;
export type Profile = (typeof profiles)[number];

export const ProfileName = oneOf(profiles, { description: 'default is the best that there is' });

export function isLayered({ type }: Pick<types.Consumer, 'type'>): boolean {
  return type === 'simulcast' || type === 'svc';
}

/** The layers to ask mediasoup for. */
export function layersOf(profile: Profile, { rtpParameters }: types.Consumer): types.ConsumerLayers {
  const { spatialLayers } = parseScalabilityMode(rtpParameters.encodings?.[0]?.scalabilityMode);
  const best = spatialLayers - 1;
  const layer = profile === 'default' ? best : layerProfiles.indexOf(profile);
  return { spatialLayer: Math.min(layer, best) };
}

/** What is forwarded now; null while it is nothing. */
export function profileOf(consumer: types.Consumer): Profile | null {
  if (!isLayered(consumer)) return 'default';
  const { currentLayers } = consumer;
  return currentLayers ? (layerProfiles[currentLayers.spatialLayer] ?? 'high') : null;
}
