import type { RemoteTrack } from './remote-track.ts';
import { entriesOf, isPath } from './statistics.ts';
import type { Direction } from './transports.ts';

/** What was measured between two readings. */
export interface VitalSigns {
  readonly milliseconds: number;
  /** Packets towards us, and those of them that were lost on the way, whether or not they were sent again. */
  readonly expected: number;
  readonly lost: number;
  /** The same of what we send, as the server reports it. */
  readonly sent: number;
  readonly sentLost: number;
  /** Samples of sound that were played, and those of them that the player had to make up. */
  readonly samples: number;
  readonly concealed: number;
  /** For how long the picture of a camera stood still that had it no worse than half of them. */
  readonly frozenMs: number;
  /** Of the slower of both paths; undefined before it was measured. */
  readonly roundTripMs: number | undefined;
  /** How long sound waits in the player, which evens out its jitter. */
  readonly playoutMs: number | undefined;
  /** A path on which nothing came, not even an answer that proves that it is there (RFC 7675). */
  readonly silent: boolean;
  /** How many sizes of our picture are not sent for lack of bandwidth. */
  readonly unsentLayers: number;
}

export interface VitalSource {
  readonly transportStats: (direction: Direction) => Promise<RTCStatsReport | undefined>;
  /** What is received. */
  readonly tracks: () => Iterable<JudgedTrack>;
  readonly now?: () => number;
}

type JudgedTrack = Pick<
  RemoteTrack,
  'mediaTrack' | 'source' | 'muted' | 'paused' | 'outOfBandwidth' | 'layers' | 'type' | 'score'
>;

/** The fields of https://w3c.github.io/webrtc-stats/ that are read here. Browsers leave out some. */
interface Entry {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly trackIdentifier?: string;
  readonly localId?: string;
  readonly mid?: string;
  readonly active?: boolean;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly packetsSent?: number;
  readonly retransmittedPacketsSent?: number;
  readonly concealedSamples?: number;
  readonly silentConcealedSamples?: number;
  readonly totalSamplesReceived?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly framesDecoded?: number;
  readonly framesSent?: number;
  readonly totalFreezesDuration?: number;
  readonly qualityLimitationReason?: string;
  readonly state?: string;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
  readonly responsesReceived?: number;
}

/** From this score of the sender's stream on, nothing of it was lost before it reached the server. */
const sentWhole = 9;

/** Reads from the browser's statistics what says how well media gets through, both ways. */
export class VitalSignsReader {
  #last: { readonly at: number; readonly entries: ReadonlyMap<string, Entry> } | undefined;

  constructor(private readonly source: VitalSource) {}

  /** @returns what happened since the last reading; undefined for the first */
  async read(): Promise<VitalSigns | undefined> {
    const { transportStats, tracks, now = () => performance.now() } = this.source;
    const reports = await Promise.all([transportStats('send'), transportStats('recv')]);
    const [send = [], receive = []] = reports.map((report) => entriesOf<Entry>(report));
    const [last, at] = [this.#last, now()];
    const entries = [...send.map(prefixed('send')), ...receive.map(prefixed('recv'))];
    this.#last = { at, entries: new Map(entries) };
    if (!last) return undefined;
    const growth = growthSince(last.entries);
    const milliseconds = at - last.at;
    const received = judged([...tracks()], receive);
    return {
      milliseconds,
      ...arrived(received, growth('recv')),
      ...left(send, growth('send')),
      frozenMs: lowerMedian(received.map((one) => frozen(one, milliseconds, growth('recv')))),
      roundTripMs: greatest([...send, ...receive].filter(isPath).map(roundTripMs)),
      silent:
        send.filter(isPath).some(isSilent(growth('send'))) ||
        receive.filter(isPath).some(isSilent(growth('recv'))),
      unsentLayers: unsentLayers(send, growth('send')),
    };
  }
}

/** How much a field of an entry has grown; undefined for one that is new or lacks it. */
type Growth = (entry: Entry, field: NumberField) => number | undefined;
type NumberField = {
  [F in keyof Entry]-?: Entry[F] extends number | undefined ? F : never;
}[keyof Entry];

function growthSince(last: ReadonlyMap<string, Entry>): (direction: Direction) => Growth {
  return (direction) => (entry, field) => {
    const [before, now] = [last.get(`${direction} ${entry.id}`)?.[field], entry[field]];
    return before === undefined || now === undefined ? undefined : now - before;
  };
}

interface Judged {
  readonly track: JudgedTrack;
  readonly entry: Entry;
}

/** What should come, and comes well to the server: what is missing of the rest is no fault of our connection. */
function judged(tracks: readonly JudgedTrack[], entries: readonly Entry[]): Judged[] {
  const live = tracks.filter(({ muted, paused, outOfBandwidth, score }) => {
    return !muted && !paused && !outOfBandwidth && score.sender >= sentWhole;
  });
  return live.flatMap((track) => {
    const entry = entries.find(
      ({ type, trackIdentifier }) => type === 'inbound-rtp' && trackIdentifier === track.mediaTrack.id,
    );
    return entry ? [{ track, entry }] : [];
  });
}

function arrived(received: readonly Judged[], growth: Growth) {
  const sum = { expected: 0, lost: 0, samples: 0, concealed: 0 };
  const player = { delay: 0, emitted: 0 };
  for (const { entry } of received) {
    // A packet that comes late takes back the loss that was counted for it.
    const lost = growth(entry, 'packetsLost') ?? 0;
    sum.lost += lost;
    sum.expected += (growth(entry, 'packetsReceived') ?? 0) + lost;
    if (entry.kind !== 'audio') continue;
    sum.samples += growth(entry, 'totalSamplesReceived') ?? 0;
    const concealed = growth(entry, 'concealedSamples') ?? 0;
    // In a silence that the sender does not send nothing is missing.
    sum.concealed += concealed - (growth(entry, 'silentConcealedSamples') ?? 0);
    player.delay += growth(entry, 'jitterBufferDelay') ?? 0;
    player.emitted += growth(entry, 'jitterBufferEmittedCount') ?? 0;
  }
  const playoutMs = player.emitted > 0 ? (1000 * player.delay) / player.emitted : undefined;
  return { ...sum, lost: Math.max(0, sum.lost), playoutMs };
}

function left(send: readonly Entry[], growth: Growth) {
  const sum = { sent: 0, sentLost: 0 };
  for (const report of send.filter(({ type }) => type === 'remote-inbound-rtp')) {
    const stream = send.find(({ id }) => id === report.localId);
    const lost = growth(report, 'packetsLost');
    const sent = stream && growth(stream, 'packetsSent');
    if (lost === undefined || !stream || sent === undefined) continue;
    sum.sentLost += Math.max(0, lost);
    sum.sent += sent - (growth(stream, 'retransmittedPacketsSent') ?? 0);
  }
  return sum;
}

/** A screen stands still by itself, so only cameras count. */
function frozen({ track, entry }: Judged, milliseconds: number, growth: Growth): number | undefined {
  if (track.source !== 'camera' || (track.type !== 'simple' && track.layers === null)) return undefined;
  const frames = growth(entry, 'framesDecoded');
  if (frames === undefined) return undefined;
  // A freeze is counted by the browser when it is over.
  if (frames === 0) return milliseconds;
  return Math.min(milliseconds, 1000 * (growth(entry, 'totalFreezesDuration') ?? 0));
}

/** Of a picture that is sent in other sizes: one that is paused is sent in none. */
function unsentLayers(send: readonly Entry[], growth: Growth): number {
  const streams = send.filter(
    ({ type, kind, active }) => type === 'outbound-rtp' && kind === 'video' && active !== false,
  );
  const isSent = (entry: Entry) => (growth(entry, 'framesSent') ?? 0) > 0;
  const sent = new Set(streams.filter(isSent).map(({ mid }) => mid));
  return streams.filter(
    (entry) => !isSent(entry) && entry.qualityLimitationReason === 'bandwidth' && sent.has(entry.mid),
  ).length;
}

const roundTripMs = ({ currentRoundTripTime }: Entry) =>
  currentRoundTripTime === undefined ? undefined : currentRoundTripTime * 1000;

/** Where the browser does not count the answers nothing can be said. */
const isSilent = (growth: Growth) => (path: Entry) =>
  growth(path, 'packetsReceived') === 0 && growth(path, 'responsesReceived') === 0;

function greatest(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function lowerMedian(numbers: readonly (number | undefined)[]): number {
  const known = numbers.filter((number) => number !== undefined).sort((one, other) => one - other);
  return known[Math.floor((known.length - 1) / 2)] ?? 0;
}

const prefixed = (direction: Direction) => (entry: Entry) => [`${direction} ${entry.id}`, entry] as const;
