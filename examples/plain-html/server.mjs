import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { mintPeerToken } from 'tureen-server-sdk';

const { TUREEN_API_KEY: apiKey, TUREEN_API_SECRET: apiSecret, PORT = 4000 } = process.env;

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname !== '/token') return response.end(readFileSync('index.html'));
  // Here your application checks who asks, and which room that person may enter.
  const [roomId, peerId] = [searchParams.get('room'), searchParams.get('peer')];
  response.end(await mintPeerToken({ apiKey, apiSecret, roomId, peerId, displayName: peerId, seconds: 600 }));
}).listen(PORT, () => console.log(`open http://localhost:${PORT}/`));
