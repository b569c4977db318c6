import type { types } from 'mediasoup';
import * as ortc from 'mediasoup/ortc';
import { SfuError } from '../../core/errors.ts';
import { disguised } from '../quirks/telephone-events.ts';

/**
 * Whether a router would take these tracks of one transport, asked before anything is opened for them: what mediasoup
 * checks before it asks its worker (3.27.1, node/lib/Transport.js, `produce`), and what the worker checks of several.
 * @throws SfuError media_rejected
 */
export function checkTracks(
  tracks: readonly Pick<types.ProducerOptions, 'kind' | 'rtpParameters'>[],
  capabilities: types.RtpCapabilities,
): void {
  for (const { kind, rtpParameters } of tracks) {
    // It writes defaults into what it checks.
    const parameters = structuredClone(disguised(rtpParameters));
    try {
      ortc.validateAndNormalizeRtpParameters(parameters);
      const mapping = ortc.getProducerRtpParametersMapping(parameters, disguised(capabilities));
      ortc.getConsumableRtpParameters(kind, parameters, disguised(capabilities), mapping);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SfuError('media_rejected', `the ${kind} track cannot be received: ${reason}`, {
        cause: error,
      });
    }
    // Of audio the worker takes one stream only (worker/include/RTC/Codecs/Tools.hpp).
    if (kind === 'audio' && (rtpParameters.encodings?.length ?? 0) > 1)
      throw new SfuError('media_rejected', 'an audio track has several encodings; send it as a single one');
  }
  const ssrcs = tracks.flatMap(({ rtpParameters: { encodings = [] } }) =>
    encodings.flatMap(({ ssrc, rtx }) => [ssrc, rtx?.ssrc].filter((one) => one !== undefined)),
  );
  const twice = ssrcs.find((ssrc, index) => ssrcs.indexOf(ssrc) < index);
  if (twice !== undefined)
    throw new SfuError('media_rejected', `the SSRC ${twice} is used twice; give each stream one of its own`);
}
