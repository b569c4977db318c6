import type { types } from 'mediasoup';
import { type MediaDescription, parseParams, parseSimulcastStreamList } from 'sdp-transform';
import { unacceptable } from './offer.ts';

/** mediasoup knows eight layers at most (three bits). */
const mostLayers = 8;

/** What senders call their layers, the lowest first; digits count up with the quality (`r0`, `r1`, `r2`). */
const conventions: readonly (readonly string[])[] = [
  ['q', 'h', 'f'],
  ['l', 'm', 'h'],
  ['low', 'mid', 'high'],
  ['low', 'medium', 'high'],
  ['lo', 'mid', 'hi'],
  ['r0', 'r1', 'r2', 'r3'],
];

/**
 * The streams that a section sends, the lowest layer first as mediasoup wants them: simulcast by rid (RFC 8853), by
 * a=ssrc-group:SIM, or one stream, whose SSRC need not be known (then its MID tells, RFC 9143).
 * @param withRtx whether retransmissions go by streams of their own (RFC 4588)
 */
export function encodingsOf(description: MediaDescription, withRtx: boolean): types.RtpEncodingParameters[] {
  const rids = sentRids(description);
  if (rids.length > mostLayers)
    throw unacceptable(`${rids.length} layers are too many; send ${mostLayers} at most`);
  if (rids.length > 0) return layered(lowestFirst(rids, description).map((rid) => ({ rid })));
  return layered(
    ssrcsOf(description).map((ssrc) => {
      const repair = withRtx ? partnerOf(description, ssrc) : undefined;
      return { ssrc, ...(repair !== undefined && { rtx: { ssrc: repair } }) };
    }),
  );
}

/** The rids that a section sends, in its own order. Of alternatives (RFC 8853, section 5.1) the first is taken. */
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

/** With several streams each may hold temporal layers; where it does not, the number of them does no harm. */
function layered(encodings: types.RtpEncodingParameters[]): types.RtpEncodingParameters[] {
  if (encodings.length === 0) return [{}];
  return encodings.length === 1 ? encodings : encodings.map((one) => ({ ...one, scalabilityMode: 'L1T3' }));
}

/**
 * SDP does not say which stream is the largest. A restriction of the size does (RFC 8851), and so do names that are in
 * use; else the first is the one that the sender prefers (RFC 8853, section 5.2), as in OBS.
 */
function lowestFirst(rids: readonly string[], { rids: described = [] }: MediaDescription): string[] {
  const widthOf = (rid: string) => {
    const params = described.find(({ id }) => String(id) === rid)?.params;
    return params === undefined ? Number.NaN : Number(parseParams(String(params))['max-width']);
  };
  if (rids.every((rid) => widthOf(rid) > 0)) return rids.toSorted((a, b) => widthOf(a) - widthOf(b));
  const convention = conventions.find((names) => rids.every((rid) => names.includes(rid.toLowerCase())));
  if (!convention) return rids.toReversed();
  const rankOf = (rid: string) => convention.indexOf(rid.toLowerCase());
  return rids.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** The SSRCs of media, without those of retransmission and error correction. */
function ssrcsOf({ ssrcs = [], ssrcGroups = [] }: MediaDescription): number[] {
  const simulcast = ssrcGroups.find(({ semantics }) => semantics === 'SIM');
  if (simulcast) return numbersIn(simulcast.ssrcs);
  const repairs = ssrcGroups.flatMap((group) => numbersIn(group.ssrcs).slice(1));
  return [...new Set(ssrcs.map(({ id }) => Number(id)))]
    .filter((ssrc) => !repairs.includes(ssrc))
    .slice(0, 1);
}

function partnerOf({ ssrcGroups = [] }: MediaDescription, ssrc: number): number | undefined {
  const pairs = ssrcGroups
    .filter(({ semantics }) => semantics === 'FID')
    .map((group) => numbersIn(group.ssrcs));
  return pairs.find(([media]) => media === ssrc)?.[1];
}

function numbersIn(text: string | number): number[] {
  return String(text).trim().split(/\s+/).map(Number);
}
