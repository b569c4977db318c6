import type { Random } from '../../../test/support/random.ts';

export interface Moderated {
  readonly port: number;
  readonly key: string;
  readonly random: Random;
}

/** What came of it: who had to go, and which rooms lost their media. */
export interface Moderation {
  readonly removed?: readonly { readonly roomId: string; readonly peerId: string }[];
  readonly movedRoom?: string;
  readonly closedRoom?: string;
}

/** Does one of the things that moderators and programs do, by REST. */
export async function moderate(
  { port, key, random }: Moderated,
  target: { roomId: string; peerId: string },
): Promise<Moderation> {
  const room = `/rooms/${encodeURIComponent(target.roomId)}`;
  const peer = `${room}/peers/${encodeURIComponent(target.peerId)}`;
  const call = async (verb: string, path: string, body?: Record<string, unknown>) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    // What it was about may have gone meanwhile.
    if (response.status >= 400 && response.status !== 404)
      throw new Error(`${verb} ${path.replaceAll(/soak[^/]*/g, '..')}: ${response.status} ${text}`);
    return response.status;
  };
  const things: readonly (() => Promise<Moderation>)[] = [
    async () => {
      await call('DELETE', peer);
      return { removed: [target] };
    },
    async () => {
      await call('POST', `${peer}/ban`, { where: 'room', kinds: ['identity'], seconds: 2 });
      return { removed: [target] };
    },
    async () => {
      await call('PUT', `${peer}/mute`);
      return {};
    },
    async () => {
      await call('DELETE', `${peer}/mute`);
      return {};
    },
    async () => {
      await call('PATCH', room, { locked: true });
      await call('PATCH', room, { locked: false, bitrateCap: 1_000_000 });
      return {};
    },
    async () => {
      await call('POST', `${room}/messages`, { message: 'hello' });
      return {};
    },
    async () => {
      await call('POST', `${room}/move`, { workerIndex: random.below(2) });
      return { movedRoom: target.roomId };
    },
    async () => {
      if (!random.chance(0.2)) return {};
      await call('DELETE', room);
      return { closedRoom: target.roomId };
    },
  ];
  return await random.pick(things)();
}
