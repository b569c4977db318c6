import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { mintToken } from '../../src/access/tokens.ts';
import { SignalingClient } from '../../test/support/signaling-client.ts';
import { root } from '../harness/server.ts';
import { Answers } from './answers.ts';

export interface AttackOptions {
  readonly name: AttackName;
  readonly port: number;
  readonly key: string;
  readonly secret: string;
  /** Name and password of a user of the dashboard. */
  readonly user: string;
  readonly password: string;
}

export interface Attack {
  /** @returns how often it got which answer */
  end(): Readonly<Record<string, number>>;
}

const roomId = 'attacked';
/** Attackers come through a proxy that names their address, since this machine itself is not paced. */
const address = { 'x-forwarded-for': '203.0.113.66' };
const frameBytes = 62_000;
const flooders = 8;
const silentConnections = 500;
const livePages = 24;

export const attacks = { frames, sdp, whep, logins, pages, tcp } as const satisfies Readonly<
  Record<string, (options: AttackOptions) => Promise<Attack>>
>;
export const attackNames = ['frames', 'sdp', 'whep', 'logins', 'pages', 'tcp'] as const;
export type AttackName = (typeof attackNames)[number];

/** Requests of 62 kB from several peers, each as soon as the server has taken the one before. */
async function frames(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  const names = Array.from({ length: flooders }, (_, index) => `flooder-${index}`);
  const clients = await Promise.all(names.map((peerId) => enter(options, peerId)));
  // Three bytes each.
  const filler = Array.from({ length: Math.floor(frameBytes / 3) }, (_, index) => 10 + (index % 90));
  answers.repeat(flooders, async (index) => {
    await clients[index]?.ask('changeDisplayName', { displayName: 'flooder', filler });
    return 'answered';
  });
  return { end: () => ended(answers, ...clients) };
}

/** A session description that is as long as one may be, with as many SSRCs and groups as fit. */
async function sdp(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  const headers = await sessionHeaders(options, 'publisher');
  const offer = await recorded('chromium-camera');
  const ssrcs = Array.from({ length: 1900 }, (_, index) => 10_000 + index);
  const lines = [
    `a=ssrc-group:SIM ${ssrcs.join(' ')}`,
    ...ssrcs.map((ssrc) => `a=ssrc-group:FID ${ssrc} ${ssrc + 5000}`),
  ];
  const whole = `${offer.trimEnd()}\r\n${lines.join('\r\n')}`.slice(0, frameBytes);
  const body = whole.slice(0, whole.lastIndexOf('\r\n') + 2);
  answers.repeat(8, () => post(options, `/whip/${roomId}`, { headers, body }));
  return { end: () => answers.end() };
}

/** Players with one token that never connect. */
async function whep(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  const publisher = await sessionHeaders(options, 'publisher');
  await post(options, `/whip/${roomId}`, { headers: publisher, body: await recorded('chromium-camera') });
  const headers = await sessionHeaders(options, 'player');
  const body = await recorded('chromium-player');
  answers.repeat(16, () => post(options, `/whep/${roomId}`, { headers, body }));
  return { end: () => answers.end() };
}

/** Wrong passwords from many addresses. */
async function logins(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  let guesses = 0;
  answers.repeat(16, () => {
    guesses += 1;
    const from = `2001:db8:${(guesses % 60_000).toString(16)}::1`;
    return logIn(options, `guess ${guesses}`, { 'x-forwarded-for': from }).then(({ status }) => status);
  });
  return { end: () => answers.end() };
}

/** Different live pages of one user, while somebody is renamed as fast as the pace lets them. */
async function pages(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  const { headers } = await logIn(options, options.password, address);
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const abort = new AbortController();
  for (let index = 0; index < livePages; index += 1) {
    const live = await fetch(`http://127.0.0.1:${options.port}/admin/live/rooms?q=${index}`, {
      headers: { cookie, ...address },
      signal: abort.signal,
    });
    answers.count(live.status);
    void live.body?.pipeTo(new WritableStream()).catch(() => {});
  }
  const client = await enter(options, 'renamed');
  answers.repeat(1, async () => {
    await client.ask('changeDisplayName', { displayName: `name ${Math.random()}` });
    return 'renamed';
  });
  const end = () => {
    abort.abort();
    return ended(answers, client);
  };
  return { end };
}

/** Connections to the media port over which nothing is ever said. */
async function tcp(options: AttackOptions): Promise<Attack> {
  const answers = new Answers();
  const client = await enter(options, 'silent');
  const { iceCandidates } = (await client.ask('createWebRtcTransport', { producing: true })) as {
    iceCandidates: { protocol: string; port: number; ip: string }[];
  };
  const place = iceCandidates.find(({ protocol }) => protocol === 'tcp');
  if (!place) throw new Error('the server has no media port for TCP');
  const sockets: Socket[] = [];
  const open = async (): Promise<string> => {
    if (sockets.length >= silentConnections) return 'kept';
    const socket = connect(place.port, place.ip);
    sockets.push(socket);
    const opened = Promise.withResolvers<string>();
    socket.on('connect', () => opened.resolve('connected'));
    socket.on('error', () => opened.resolve('refused'));
    return await opened.promise;
  };
  answers.repeat(16, open);
  const end = () => {
    for (const socket of sockets) socket.destroy();
    return ended(answers, client);
  };
  return { end };
}

function ended(answers: Answers, ...clients: SignalingClient[]): Readonly<Record<string, number>> {
  const counts = { ...answers.end() };
  for (const { socket } of clients) socket.close();
  return counts;
}

async function enter(options: AttackOptions, peerId: string): Promise<SignalingClient> {
  const token = await tokenOf(options, peerId);
  const client = await SignalingClient.connect({
    server: options,
    roomId,
    peerId,
    token,
    headers: address,
  });
  await client.ask('join', { displayName: peerId, device: {} });
  return client;
}

function tokenOf({ key, secret }: AttackOptions, peerId: string): Promise<string> {
  return mintToken({ key, secret, roomId, peerId, lifetime: 3600, now: Date.now() });
}

async function sessionHeaders(options: AttackOptions, peerId: string): Promise<Record<string, string>> {
  const authorization = `Bearer ${await tokenOf(options, peerId)}`;
  return { authorization, 'content-type': 'application/sdp', ...address };
}

async function post(
  { port }: AttackOptions,
  path: string,
  init: { headers: Record<string, string>; body: string },
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', ...init });
  await response.text();
  return response.status;
}

async function logIn(
  { port, user }: AttackOptions,
  password: string,
  headers: Record<string, string>,
): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    body: new URLSearchParams({ name: user, password }),
  });
  await response.arrayBuffer();
  return response;
}

function recorded(name: string): Promise<string> {
  return Bun.file(join(root, 'test', 'whip', 'offers', `${name}.sdp`)).text();
}
