import type { types } from 'mediasoup';
import { type MediaDescription, parseParams, parseSimulcastStreamList } from 'sdp-transform';
import { unacceptableOffer } from './offer.ts';

/** mediasoup supports at most eight layers (three bits). */
const maxLayers = 8;

/** Names that senders give to their layers, the lowest layer first. */
const namingSchemes: readonly (readonly string[])[] = [
  ['q', 'h', 'f'],
  ['l', 'm', 'h'],
  ['low', 'mid', 'high'],
  ['low', 'medium', 'high'],
  ['lo', 'mid', 'hi'],
  ['r0', 'r1', 'r2', 'r3'],
];

/**
 * The streams that a section sends, the lowest layer first as mediasoup expects: simulcast by rid (RFC 8853) or by
 * a=ssrc-group:SIM, or a single stream. Without an SSRC mediasoup recognises that stream by its MID (RFC 9143).
 * @param withRtx whether retransmissions have their own streams (RFC 4588)
 */
export function encodingsOf(description: MediaDescription, withRtx: boolean): types.RtpEncodingParameters[] {
  const rids = sentRids(description);
  const ssrcs = rids.length > 0 ? [] : ssrcsOf(description);
  const layers = Math.max(rids.length, ssrcs.length);
  if (layers > maxLayers) throw unacceptableOffer(`${layers} layers are too many; send at most ${maxLayers}`);
  if (rids.length > 0) return layered(lowestFirst(rids, description).map((rid) => ({ rid })));
  const repairs = withRtx ? rtxSsrcsOf(description) : new Map<number, number>();
  return layered(
    ssrcs.map((ssrc) => {
      const rtx = repairs.get(ssrc);
      return { ssrc, ...(rtx !== undefined && { rtx: { ssrc: rtx } }) };
    }),
  );
}

/** The rids that a section sends, in the order of the section. Of alternatives (RFC 8853, 5.1) the first is taken. */
export function sentRids({ simulcast, rids = [] }: MediaDescription): string[] {
  const sending = rids.filter(({ direction }) => direction === 'send').map(({ id }) => String(id));
  if (!simulcast) return sending.slice(0, 1);
  const { dir1, list1, dir2, list2 } = simulcast;
  const list = dir1 === 'send' ? list1 : dir2 === 'send' ? list2 : undefined;
  if (list === undefined) return [];
  return parseSimulcastStreamList(String(list))
    .map(([first]) => String(first?.scid ?? ''))
    .filter((rid) => sending.includes(rid));
}

/** Marks each of several streams as having three temporal layers. It does no harm if a stream has fewer. */
function layered(encodings: types.RtpEncodingParameters[]): types.RtpEncodingParameters[] {
  if (encodings.length === 0) return [{}];
  return encodings.length === 1
    ? encodings
    : encodings.map((encoding) => ({ ...encoding, scalabilityMode: 'L1T3' }));
}

/**
 * Sorts rids by quality. SDP does not say which stream is the largest; a size restriction (RFC 8851) does, and so do the
 * usual names. Otherwise the first is the one that the sender prefers (RFC 8853, section 5.2), as in OBS.
 */
function lowestFirst(rids: readonly string[], { rids: described = [] }: MediaDescription): string[] {
  const widthOf = (rid: string) => {
    const params = described.find(({ id }) => String(id) === rid)?.params;
    return params === undefined ? Number.NaN : Number(parseParams(String(params))['max-width']);
  };
  if (rids.every((rid) => widthOf(rid) > 0)) return rids.toSorted((a, b) => widthOf(a) - widthOf(b));
  const scheme = namingSchemes.find((names) => rids.every((rid) => names.includes(rid.toLowerCase())));
  if (!scheme) return rids.toReversed();
  const rankOf = (rid: string) => scheme.indexOf(rid.toLowerCase());
  return rids.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** The SSRCs of media, without those for retransmission and error correction. */
function ssrcsOf({ ssrcs = [], ssrcGroups = [] }: MediaDescription): number[] {
  const simulcast = ssrcGroups.find(({ semantics }) => semantics === 'SIM');
  if (simulcast) return numbersIn(simulcast.ssrcs);
  const repairs = new Set(ssrcGroups.flatMap((group) => numbersIn(group.ssrcs).slice(1)));
  const media = ssrcs.map(({ id }) => Number(id)).find((ssrc) => !repairs.has(ssrc));
  return media === undefined ? [] : [media];
}

/** The SSRCs of retransmissions, by the stream that they repair: the first group of each stream counts. */
function rtxSsrcsOf({ ssrcGroups = [] }: MediaDescription): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const { semantics, ssrcs } of ssrcGroups) {
    const [media, repair] = semantics === 'FID' ? numbersIn(ssrcs) : [];
    if (media !== undefined && repair !== undefined && !pairs.has(media)) pairs.set(media, repair);
  }
  return pairs;
}

function numbersIn(text: string | number): number[] {
  return String(text).trim().split(/\s+/).map(Number);
}
