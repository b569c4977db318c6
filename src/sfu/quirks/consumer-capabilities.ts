import type { types } from 'mediasoup';
import { disguised, telephoneEvent } from './telephone-events.ts';

const known = new WeakMap<types.RtpCapabilities, Map<string, types.RtpCapabilities>>();

/**
 * `consume` copies and checks everything that the receiver can play, for each consumer again, and a browser's list is
 * long (3.27.1, node/lib/Transport.js).
 * Upstream: on purpose, so that the caller's list is not changed; no issue found about the cost.
 * Without this making a consumer costs more processor time: consumable-parameters.ts has the figure of both.
 *
 * @returns the part of a receiver's capabilities that matters for one codec, e.g. "vp8": the codec, its retransmission
 *   (RFC 4588), the keys that are pressed beside it (RFC 4733) and the header extensions of its kind; the same object
 *   each time
 */
export function capabilitiesFor(capabilities: types.RtpCapabilities, codec: string): types.RtpCapabilities {
  const parts = known.get(capabilities) ?? new Map<string, types.RtpCapabilities>();
  known.set(capabilities, parts);
  const part = parts.get(codec) ?? partFor(capabilities, codec);
  parts.set(codec, part);
  return part;
}

function partFor(
  { codecs = [], headerExtensions = [] }: types.RtpCapabilities,
  codec: string,
): types.RtpCapabilities {
  const own = codecs.filter(({ mimeType }) => mimeType.toLowerCase().endsWith(`/${codec}`));
  const payloadTypes = new Set(own.map(({ preferredPayloadType }) => preferredPayloadType));
  const retransmission = codecs.filter(
    ({ mimeType, parameters }) =>
      mimeType.toLowerCase().endsWith('/rtx') && payloadTypes.has(Number(parameters?.apt)),
  );
  const kinds = new Set(own.map(({ kind }) => kind));
  const rates = new Set(own.map(({ clockRate }) => clockRate));
  const pressed = codecs.filter(
    ({ mimeType, clockRate }) => mimeType.toLowerCase() === `audio/${telephoneEvent}` && rates.has(clockRate),
  );
  return disguised({
    codecs: [...own, ...retransmission, ...pressed],
    headerExtensions: headerExtensions.filter(({ kind }) => kinds.has(kind)),
  });
}
