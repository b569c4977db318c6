/**
 * The bad path as a program: packets that come in at one interface go out at the other, as far as the conditions let
 * them. The arguments are the names of the interfaces, this machine's and the client's. It ends with its standard input.
 *
 * The kernel's own netem is missing in many kernels, those of containers and small virtual machines among them.
 */
import { writeSync } from 'node:fs';
import type { EmulatorOrder } from './conditions.ts';
import { Shaper } from './shaper.ts';
import { makeTun, readOnce, waitToRead, writeOnce } from './system-calls.ts';

const [near = '', far = ''] = process.argv.slice(2);
const [input, output] = [0, 1];
const down = { from: makeTun(near), shaper: new Shaper(1) };
const up = { from: makeTun(far), shaper: new Shaper(2) };
const ways = [
  { ...down, to: up.from },
  { ...up, to: down.from },
];
const isIpv4 = (packet: Uint8Array) => (packet[0] ?? 0) >> 4 === 4;

let typed = '';
/** @returns whether there may be more orders */
function obey(): boolean {
  const bytes = readOnce(input);
  if (bytes?.length === 0) return false;
  typed += Buffer.from(bytes ?? []).toString();
  const lines = typed.split('\n');
  typed = lines.pop() ?? '';
  for (const line of lines) {
    const order = JSON.parse(line) as EmulatorOrder;
    down.shaper.conditions = order.down;
    up.shaper.conditions = order.up;
    writeSync(output, 'done\n');
  }
  return true;
}

writeSync(output, 'ready\n');
for (let goesOn = true; goesOn; ) {
  const dues = ways.flatMap(({ shaper }) => shaper.nextDueMs ?? []);
  const wait = dues.length === 0 ? undefined : Math.max(0, Math.min(...dues) - performance.now());
  const readable = waitToRead([input, ...ways.map(({ from }) => from)], wait);
  for (const { from, to, shaper } of ways) {
    if (readable.includes(from))
      for (let packet = readOnce(from); packet; packet = readOnce(from))
        if (isIpv4(packet)) shaper.take(packet, performance.now());
    for (const packet of shaper.due(performance.now())) writeOnce(to, packet);
  }
  if (readable.includes(input)) goesOn = obey();
}
