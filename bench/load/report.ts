import { quantile } from '../harness/statistics.ts';

interface Times {
  readonly median: number;
  readonly p95: number;
  readonly most: number;
}

/** What a load test found. Times are milliseconds, rates bits a second, CPU is in per cent of one core. */
export interface LoadReport {
  readonly peers: { readonly wanted: number; readonly joined: number; readonly lost: number };
  /** Reasons of peers that did not come in or did not stay, with how many. */
  readonly failures: Readonly<Record<string, number>>;
  /** Until a peer had joined. */
  readonly join?: Times;
  /** From the start of a peer until the first packet reached it. */
  readonly firstPacket?: Times;
  /** Those that are to be there, and those that flowed while it was measured. */
  readonly streams: { readonly wanted: number; readonly received: number };
  readonly packets: { readonly sent: number; readonly received: number; readonly lost: number };
  /** What the server sent over the socket of a peer, from its start on: frames, and bytes of them. */
  readonly signaling: { readonly frames: number; readonly bytes: number };
  /** Share of the packets that did not come, 0 to 1. */
  readonly loss: number;
  readonly bitrate: { readonly total: number; readonly perReceiver: number };
  /** Seconds that were measured, with everybody in place. */
  readonly seconds: number;
  readonly cpu: { readonly loadTester: number; readonly server?: number; readonly workers?: number };
}

/** Middle, 95th percentile and longest of some times, or undefined for none. */
export function describeTimes(values: readonly number[]): Times | undefined {
  if (values.length === 0) return undefined;
  const at = (share: number) => Math.round(quantile(values, share));
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}

/** The report as a table for people. */
export function formatReport(report: LoadReport): string {
  const { peers, join, firstPacket, streams, packets, bitrate, cpu } = report;
  const rows: [string, string][] = [
    ['peers', `${peers.joined} of ${peers.wanted} joined, ${peers.lost} lost on the way`],
    ['join', times(join)],
    ['first packet', times(firstPacket)],
    ['streams', `${streams.received} of ${streams.wanted} received`],
    ['packets', `${packets.sent} sent, ${packets.received} received, ${packets.lost} lost`],
    ['loss', `${(report.loss * 100).toFixed(3)} %`],
    ['bitrate', `${rate(bitrate.total)} in all, ${rate(bitrate.perReceiver)} a receiver`],
    [
      'signaling',
      `${report.signaling.frames.toFixed(1)} frames, ${kilobytes(report.signaling.bytes)} a peer`,
    ],
    ['measured', `${report.seconds.toFixed(1)} s`],
    ['CPU of this tester', core(cpu.loadTester)],
    ...(cpu.server === undefined ? [] : [['CPU of the server', core(cpu.server)] as [string, string]]),
    ...(cpu.workers === undefined ? [] : [['CPU of its workers', core(cpu.workers)] as [string, string]]),
    ...Object.entries(report.failures).map(([why, count]): [string, string] => [
      'failed',
      `${count} x ${why}`,
    ]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(20)} ${value}`).join('\n');
}

/** Bits a second for people. */
export function rate(bits: number): string {
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${(bits / 1e3).toFixed(0)} kbit/s`;
}

function times(values: Times | undefined): string {
  return values ? `median ${values.median} ms, 95 % ${values.p95} ms, longest ${values.most} ms` : 'none';
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function core(percent: number): string {
  return `${percent.toFixed(1)} % of a core`;
}
