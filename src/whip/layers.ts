import { Type } from '@sinclair/typebox';
import { SfuError } from '../core/errors.ts';
import { mediaCall } from '../sfu/media/media-call.ts';
import type { Subscription } from '../sfu/rooms/peer.ts';
import { dataCheck } from '../wire/check.ts';
import { readJson } from './http.ts';
import type { MediaSession } from './session.ts';

/** What a player asks for (draft-ietf-wish-whep-03, section 4.9.2); what is left out is chosen by the server. */
const layerCheck = dataCheck(
  Type.Object({
    mediaId: Type.Optional(Type.String({ maxLength: 8 })),
    rid: Type.Optional(Type.String({ maxLength: 255 })),
    /** What earlier drafts called rid, and players that are in use send. */
    encodingId: Type.Optional(Type.String({ maxLength: 255 })),
    spatialLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    temporalLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    maxSpatialLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    maxTemporalLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
  }),
);

/** A layer as players read it. */
interface Layer {
  readonly rid?: string;
  readonly encodingId?: string;
  readonly spatialLayerId: number;
  /** Bits a second now; 0 for one that is not sent at the moment. */
  readonly bitrate: number;
}

/** The layers of every section that has some, by the section's place in the description, the best first. */
export async function layersOf({ watched }: MediaSession): Promise<Record<string, Layer[]>> {
  const entries = [...watched].filter(([, { consumer }]) => isLayered(consumer.type));
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([index, subscription]) => [index, await layersIn(subscription)] as const),
    ),
  );
}

/** Makes a layer the one that is preferred. @throws SfuError invalid_params, not_found, wrong_state, gone */
export async function chooseLayer(session: MediaSession, text: string): Promise<void> {
  const wish = readJson(text);
  if (!layerCheck.Check(wish)) {
    const first = layerCheck.Errors(wish).First();
    const where = first?.path.slice(1) || 'the body';
    throw new SfuError(
      'invalid_params',
      `${where} is not good: ${first?.message ?? 'an object is expected'}`,
    );
  }
  const { consumer, publication } = watchedVideo(session, wish.mediaId);
  if (!isLayered(consumer.type))
    throw new SfuError('wrong_state', 'this track is sent in one layer only; there is nothing to choose');
  const [spatialLayers, temporalLayers] = countsOf(consumer.rtpParameters.encodings?.[0]?.scalabilityMode);
  const rid = wish.rid ?? wish.encodingId;
  const rids = ridsOf(publication);
  if (rid !== undefined && !rids.includes(rid))
    throw new SfuError('not_found', `there is no layer "${rid}"; there are ${rids.join(', ')}`);
  const spatial = rid === undefined ? (wish.spatialLayerId ?? spatialLayers - 1) : rids.indexOf(rid);
  const temporal = wish.temporalLayerId ?? temporalLayers - 1;
  const preferred = {
    spatialLayer: Math.min(spatial, wish.maxSpatialLayerId ?? spatial, spatialLayers - 1),
    temporalLayer: Math.min(temporal, wish.maxTemporalLayerId ?? temporal, temporalLayers - 1),
  };
  await mediaCall(consumer, 'setting layers', () => consumer.setPreferredLayers(preferred));
}

function watchedVideo({ watched }: MediaSession, mediaId: string | undefined): Subscription {
  const found =
    mediaId === undefined
      ? [...watched.values()].find(({ consumer }) => consumer.kind === 'video')
      : watched.get(mediaId);
  if (found) return found;
  const ids = [...watched.keys()].join(', ');
  throw new SfuError('not_found', `mediaId is the place of an m= section that carries media: ${ids}`);
}

async function layersIn({ consumer, publication }: Subscription): Promise<Layer[]> {
  const stats = await publication.handle.statistics();
  const encodings = publication.info.rtpParameters.encodings ?? [];
  const rids = ridsOf(publication);
  const [spatialLayers] = countsOf(consumer.rtpParameters.encodings?.[0]?.scalabilityMode);
  return Array.from({ length: spatialLayers }, (_, spatialLayerId) => {
    const rid = rids[spatialLayerId];
    // With SVC all layers are in one stream, of which only the whole is counted.
    if (consumer.type === 'svc') return { spatialLayerId, bitrate: stats[0]?.bitrate ?? 0 };
    const { ssrc } = encodings[spatialLayerId] ?? {};
    const own = stats.find((one) => (ssrc === undefined ? one.rid === rid : one.ssrc === ssrc));
    return { rid, encodingId: rid, spatialLayerId, bitrate: own?.bitrate ?? 0 };
  }).reverse();
}

/** The names of the simulcast layers, the lowest first; those without a rid are numbered. */
function ridsOf({ info }: Subscription['publication']): string[] {
  return (info.rtpParameters.encodings ?? []).map(({ rid }, index) => rid ?? String(index));
}

function isLayered(type: Subscription['consumer']['type']): boolean {
  return type === 'simulcast' || type === 'svc';
}

/** How many spatial and temporal layers a mode such as L3T2 has (W3C webrtc-svc). */
function countsOf(scalabilityMode = 'L1T1'): [number, number] {
  const [, spatial = 1, temporal = 1] = /^[LS](\d)T(\d)/.exec(scalabilityMode) ?? [];
  return [Number(spatial), Number(temporal)];
}
