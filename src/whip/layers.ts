import { Type } from '@sinclair/typebox';
import { SfuError } from '../core/errors.ts';
import { mediaCall } from '../sfu/media/media-call.ts';
import type { Subscription } from '../sfu/rooms/peer.ts';
import { checked, dataCheck } from '../wire/check.ts';
import { readJson } from './http.ts';
import type { WhipSession } from './session.ts';

/** A player's choice of a layer (draft-ietf-wish-whep-03, section 4.9.2); the server chooses what is left out. */
const layerCheck = dataCheck(
  Type.Object({
    mediaId: Type.Optional(Type.String({ maxLength: 8 })),
    rid: Type.Optional(Type.String({ maxLength: 255 })),
    /** The name of rid in earlier drafts, which players in use still send. */
    encodingId: Type.Optional(Type.String({ maxLength: 255 })),
    spatialLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    temporalLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    maxSpatialLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    maxTemporalLayerId: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
  }),
);

/** A layer as players get it. */
interface Layer {
  readonly rid?: string;
  readonly encodingId?: string;
  readonly spatialLayerId: number;
  /** Bits a second now; 0 when the layer is not sent at the moment. */
  readonly bitrate: number;
}

/** The layers of every m= section that has some, by the index of the section; the best layer first. */
export async function layersOf({ subscriptions }: WhipSession): Promise<Record<string, Layer[]>> {
  const entries = [...subscriptions].filter(([, { consumer }]) => isLayered(consumer.type));
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([index, subscription]) => [index, await layersIn(subscription)] as const),
    ),
  );
}

/** Sets the layer that a player prefers. @throws SfuError invalid_params, not_found, wrong_state, gone */
export async function chooseLayer(session: WhipSession, text: string): Promise<void> {
  const choice = checked(layerCheck, readJson(text), 'layer');
  const { consumer, publication } = findVideo(session, choice.mediaId);
  if (!isLayered(consumer.type))
    throw new SfuError('wrong_state', 'this track is sent in one layer only; there is nothing to choose');
  const [spatialLayers, temporalLayers] = layerCounts(consumer.rtpParameters.encodings?.[0]?.scalabilityMode);
  const rid = choice.rid ?? choice.encodingId;
  const rids = ridsOf(publication);
  if (rid !== undefined && !rids.includes(rid))
    throw new SfuError('not_found', `there is no layer "${rid}"; choose one of ${rids.join(', ')}`);
  const spatial = rid === undefined ? (choice.spatialLayerId ?? spatialLayers - 1) : rids.indexOf(rid);
  const temporal = choice.temporalLayerId ?? temporalLayers - 1;
  const preferred = {
    spatialLayer: Math.min(spatial, choice.maxSpatialLayerId ?? spatial, spatialLayers - 1),
    temporalLayer: Math.min(temporal, choice.maxTemporalLayerId ?? temporal, temporalLayers - 1),
  };
  await mediaCall(consumer, 'setting layers', () => consumer.setPreferredLayers(preferred));
}

function findVideo({ subscriptions }: WhipSession, mediaId: string | undefined): Subscription {
  const found =
    mediaId === undefined
      ? [...subscriptions.values()].find(({ consumer }) => consumer.kind === 'video')
      : subscriptions.get(mediaId);
  if (found) return found;
  const ids = [...subscriptions.keys()].join(', ');
  throw new SfuError(
    'not_found',
    mediaId === undefined
      ? 'this session receives no video; only video has layers'
      : `mediaId must be the index of an m= section that carries media: ${ids}`,
  );
}

async function layersIn({ consumer, publication }: Subscription): Promise<Layer[]> {
  const stats = await publication.handle.statistics();
  const encodings = publication.info.rtpParameters.encodings ?? [];
  const rids = ridsOf(publication);
  const [spatialLayers] = layerCounts(consumer.rtpParameters.encodings?.[0]?.scalabilityMode);
  return Array.from({ length: spatialLayers }, (_, spatialLayerId) => {
    const rid = rids[spatialLayerId];
    // With SVC all layers are in one stream, and statistics count only the whole stream.
    if (consumer.type === 'svc') return { spatialLayerId, bitrate: stats[0]?.bitrate ?? 0 };
    const { ssrc } = encodings[spatialLayerId] ?? {};
    const stream = stats.find((stat) => (ssrc === undefined ? stat.rid === rid : stat.ssrc === ssrc));
    return { rid, encodingId: rid, spatialLayerId, bitrate: stream?.bitrate ?? 0 };
  }).reverse();
}

/** The names of the simulcast layers, the lowest first; layers without a rid get their index as a name. */
function ridsOf({ info }: Subscription['publication']): string[] {
  return (info.rtpParameters.encodings ?? []).map(({ rid }, index) => rid ?? String(index));
}

function isLayered(type: Subscription['consumer']['type']): boolean {
  return type === 'simulcast' || type === 'svc';
}

/** The number of spatial and of temporal layers in a mode such as L3T2 (W3C webrtc-svc). */
function layerCounts(scalabilityMode = 'L1T1'): [number, number] {
  const [, spatial = 1, temporal = 1] = /^[LS](\d)T(\d)/.exec(scalabilityMode) ?? [];
  return [Number(spatial), Number(temporal)];
}
