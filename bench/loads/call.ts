/**
 * Load of the benchmark `full`: a small call in which one speaks and the others hear every packet of it. It prints a line
 * when all hear. From one line that it reads until the next one it times the sound.
 */
import type { SigningKey } from '../../scripts/machine/command-line.ts';
import { quantile } from '../harness/statistics.ts';
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { tokenOf } from '../load/token.ts';
import { gather } from './gathering.ts';
import { loadOptions } from './load-process.ts';
import { stamp, stampOf } from './stamp.ts';

export interface CallLoadOptions {
  port: number;
  roomId: string;
  listeners: number;
  /** Milliseconds on its way after which a packet of sound is too late. */
  timely: number;
  signing: SigningKey;
}

export interface CallTimes {
  /** Share of the packets that all of them together got in time, of those that were sent. */
  inTime: number;
  /** Milliseconds on the way of those that arrived at all; the length of the wait for them when none did. */
  delay: { median: number; p99: number };
}

const tickMs = 5;
/** What is on its way at the end still counts. */
const stragglersMs = 3000;

const { port, roomId, listeners, timely, signing } = loadOptions<CallLoadOptions>();
const url = `http://127.0.0.1:${port}`;

async function enter(peerId: string, sends: boolean): Promise<LoadPeer> {
  const token = await tokenOf(signing, { roomId, peerId });
  const link = await SocketLink.connect({ url, roomId, peerId, token, fast: true });
  return await LoadPeer.join({ link, displayName: peerId, sends, receives: !sends });
}

/** Packets of the time that counts, by when they were sent. */
class Heard {
  #from = Number.POSITIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  #sent = 0;
  #delays: number[] = [];

  begin(): void {
    this.#from = performance.now();
    this.#to = Number.POSITIVE_INFINITY;
    this.#sent = 0;
    this.#delays = [];
  }

  end(): void {
    this.#to = performance.now();
  }

  sent(): void {
    if (this.#covers(performance.now())) this.#sent += 1;
  }

  arrived(sentAt: number): void {
    if (this.#covers(sentAt)) this.#delays.push(performance.now() - sentAt);
  }

  times(): CallTimes {
    const delays = this.#delays;
    const inTime = delays.filter((delay) => delay <= timely).length / (this.#sent * listeners);
    const at = (share: number) => (delays.length > 0 ? quantile(delays, share) : stragglersMs);
    return { inTime, delay: { median: at(0.5), p99: at(0.99) } };
  }

  #covers(at: number): boolean {
    return at >= this.#from && at < this.#to;
  }
}

const heard = new Heard();
const speaker = await enter('speaker', true);
await speaker.publish({
  ...{ audioBitrate: 32_000, videoBitrate: 0 },
  stamp: (payload) => {
    stamp(payload);
    heard.sent();
  },
});
setInterval(() => {
  for (const source of speaker.sources) source.advance(performance.now());
}, tickMs);
await gather(listeners, async (peerId) => {
  const listener = await enter(peerId, false);
  listener.onPacket = (payload) => {
    const sentAt = stampOf(payload);
    if (sentAt !== undefined) heard.arrived(sentAt);
  };
  return listener;
});
console.log(JSON.stringify({ listeners }));
let timing = false;
for await (const _line of console) {
  timing = !timing;
  if (timing) heard.begin();
  else {
    heard.end();
    await Bun.sleep(stragglersMs);
  }
  console.log(JSON.stringify(timing ? {} : heard.times()));
}
