import { addressRange, defaulted, integer, list, optional, portRange, type Settings } from '../kinds.ts';

/** What programs may do here: the REST API, controllers, broadcasters, and the RTP that the latter two bring. */
export const programSettings = {
  apiRequestsPerSecond: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_API_REQUESTS_PER_SECOND',
        doc: 'Requests a second that each program may make over REST; five seconds of them pass at once.',
      },
    ),
    100,
  ),
  controllerMessagesPerSecond: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_CONTROLLER_MESSAGES_PER_SECOND',
        doc: 'Messages a second that one controller may send over time; short bursts of five times as many pass. A message counts once for each KiB that it has begun.',
      },
    ),
    500,
  ),
  controllerGraceSeconds: defaulted(
    integer(
      { from: 0, to: 3600, unit: 'seconds' },
      {
        env: 'TUREEN_CONTROLLER_GRACE_SECONDS',
        doc: 'How long what a controller made outlives its connection, in seconds, unless it is to be kept.',
      },
    ),
    30,
  ),
  broadcasterSilenceSeconds: defaulted(
    integer(
      { from: 0, to: 86_400, unit: 'seconds' },
      {
        env: 'TUREEN_BROADCASTER_SILENCE_SECONDS',
        doc: 'A broadcaster that sends neither media nor a request for this long is removed, in seconds, since RTP does not signal its end. 0 keeps it.',
      },
    ),
    60,
  ),
  rtpPorts: defaulted(
    portRange({
      env: 'TUREEN_RTP_PORTS',
      defaultDoc: '42000-42999',
      doc: 'The UDP ports for RTP without WebRTC (broadcasters, gateways): one or two for each such transport, free again when it closes.',
    }),
    [42000, 42999],
  ),
  rtpRemotes: optional(
    list(addressRange, {
      env: 'TUREEN_RTP_REMOTES',
      defaultDoc: 'those that a program with an API key names, or that send to a port that was opened for it',
      doc: 'The only addresses with which RTP without WebRTC may be exchanged.',
    }),
  ),
} as const satisfies Settings;
