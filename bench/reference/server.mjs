/**
 * The reference of the benchmarks: what one would otherwise run. protoo-server and mediasoup on Node.js, a plain
 * server with one room class, as the usual example servers are made. It speaks the same protocol as Tureen, so that the
 * same load drives both. Run: PORT=3001 node bench/reference/server.mjs
 */
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import protoo from 'protoo-server';
import { ReferenceRoom } from './room.mjs';
import { startWorker } from './worker.mjs';

const port = Number(process.env.PORT ?? 3001);
const workerCount = Number(process.env.TUREEN_WORKERS ?? availableParallelism());
const rooms = new Map();
const opening = new Map();
const workers = [];
let nextWorker = 0;

async function openWorker() {
  const place = await startWorker();
  place.worker.on('died', () => {
    console.error('a media worker died');
    process.exit(1);
  });
  workers.push(place);
}

async function findOrOpenRoom(roomId) {
  const room = rooms.get(roomId);
  if (room) return room;
  if (!opening.has(roomId)) {
    const place = workers[nextWorker++ % workers.length];
    const promise = ReferenceRoom.create({ roomId, ...place }).then((opened) => {
      rooms.set(roomId, opened);
      opening.delete(roomId);
      opened.on('close', () => rooms.delete(roomId));
      return opened;
    });
    opening.set(roomId, promise);
  }
  return opening.get(roomId);
}

function acceptConnection(info, accept, reject) {
  const url = new URL(info.request.url, 'http://localhost');
  const roomId = url.searchParams.get('roomId');
  const peerId = url.searchParams.get('peerId');
  if (!roomId || !peerId) {
    reject(400, 'roomId and peerId are needed');
    return;
  }
  findOrOpenRoom(roomId)
    .then((room) => room.handleConnection(peerId, accept()))
    .catch((error) => {
      console.error(error);
      reject(error);
    });
}

for (let index = 0; index < workerCount; index += 1) await openWorker();

const httpServer = createServer((_request, response) => response.end('ok'));
const socketServer = new protoo.WebSocketServer(httpServer, {
  maxReceivedFrameSize: 960_000,
  maxReceivedMessageSize: 960_000,
  fragmentOutgoingMessages: true,
  fragmentationThreshold: 960_000,
});
socketServer.on('connectionrequest', acceptConnection);
httpServer.listen(port, '127.0.0.1', () => console.log(`ready on ${httpServer.address().port}`));

// mediasoup closes its workers on these signals, but leaves the process running.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
