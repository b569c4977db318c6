import { mintPeerToken } from 'tureen-server-sdk';

export async function GET(request: Request): Promise<Response> {
  const peerId = new URL(request.url).searchParams.get('peer') ?? 'somebody';
  const apiKey = process.env.TUREEN_API_KEY ?? 'key';
  const apiSecret = process.env.TUREEN_API_SECRET ?? 'secret';
  return new Response(await mintPeerToken({ apiKey, apiSecret, roomId: 'kitchen', peerId }));
}
