/** Load of the benchmark `signaling`: a process that sends small requests and counts the answers. */
import { cpuSeconds } from '../harness/proc.ts';
import { loadOptions } from './load-process.ts';
import { RawSocket, textFrame } from './raw-socket.ts';

export interface SignalingLoadOptions {
  port: number;
  serverPid: number;
  connections: number;
  /** Requests that a connection sends without waiting for their answers. */
  inFlight: number;
  /** Requests that are not counted, in which the server warms up. */
  warmUp: number;
  requests: number;
}

export interface SignalingLoadResult {
  seconds: number;
  serverCpuSeconds: number;
  loadCpuSeconds: number;
}

/** As a person writes it. */
const displayName = 'Ada Lovelace, Department of Analytical Engines';
/** What servers ignore but have to read: with it a request has about 300 bytes, as most requests of a call have. */
const comment = 'sent by the load of the benchmark '.repeat(5).slice(0, 140);
const request = textFrame(
  JSON.stringify({ request: true, id: 7, method: 'changeDisplayName', data: { displayName, comment } }),
);
const accepted = '"ok":true';

async function connect(port: number, index: number): Promise<RawSocket> {
  // A room each; otherwise notifications of the others would be measured too.
  const socket = await RawSocket.connect(port, `/?roomId=room-${index}&peerId=peer-${index}`);
  const join = { request: true, id: 1, method: 'join', data: { displayName, device: {} } };
  const joined = new Promise<void>((resolve, reject) => {
    socket.onText = (payload) => {
      const text = payload.toString();
      if (text.includes('"response":true')) {
        if (text.includes(accepted)) resolve();
        else reject(new Error(`join was refused: ${text}`));
      }
    };
  });
  socket.write(textFrame(JSON.stringify(join)));
  await joined;
  return socket;
}

/** Keeps so many requests in flight on every connection until all are answered. */
function exchange(sockets: readonly RawSocket[], requests: number, inFlight: number): Promise<void> {
  let left = requests;
  let unanswered = requests;
  return new Promise((resolve, reject) => {
    const send = (socket: RawSocket) => {
      if (left <= 0) return;
      left -= 1;
      socket.write(request);
    };
    for (const socket of sockets) {
      socket.onClose = () => reject(new Error('the server closed a connection'));
      socket.onText = (payload) => {
        if (!payload.includes(accepted)) return reject(new Error(`an error came: ${payload}`));
        unanswered -= 1;
        if (unanswered === 0) resolve();
        else send(socket);
      };
      for (let count = 0; count < inFlight; count += 1) send(socket);
    }
  });
}

async function main(): Promise<void> {
  const { port, serverPid, connections, inFlight, warmUp, requests } = loadOptions<SignalingLoadOptions>();
  const sockets = await Promise.all(Array.from({ length: connections }, (_, index) => connect(port, index)));
  await exchange(sockets, warmUp, inFlight);
  const serverBefore = cpuSeconds(serverPid);
  const loadBefore = cpuSeconds(process.pid);
  const startedAt = performance.now();
  await exchange(sockets, requests, inFlight);
  const result: SignalingLoadResult = {
    seconds: (performance.now() - startedAt) / 1000,
    serverCpuSeconds: cpuSeconds(serverPid) - serverBefore,
    loadCpuSeconds: cpuSeconds(process.pid) - loadBefore,
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
