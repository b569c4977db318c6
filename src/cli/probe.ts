import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { mintToken } from '../access/tokens.ts';
import type { Config } from '../config/config.ts';
import { listenInfos } from '../host/addresses.ts';
import { type Finding, fatal, warning } from '../host/doctor/check.ts';
import { answersStun, type StunCredentials, type StunTarget } from '../host/doctor/stun.ts';
import { localUrl } from '../host/local.ts';
import { subProtocol, tokenPrefix } from '../wire/envelope.ts';

const answerTimeoutMs = 5000;
const tokenSeconds = 60;

/** What the server tells a client of a transport. */
interface Offer {
  readonly iceParameters: StunCredentials;
  readonly iceCandidates: readonly StunTarget[];
}

/**
 * Looks at the media ports of the server that runs here as a client does: it enters a room of its own, and asks each
 * candidate that it is given by STUN, over UDP and TCP.
 */
export async function probeMedia(config: Config): Promise<Finding[]> {
  const asked = await askForTransport(config).catch((error: Error) => error);
  if (asked instanceof Error) return [cannotEnter(asked)];
  using call = asked;
  const { iceParameters, iceCandidates } = call.offer;
  // The sockets on several addresses of this host are all announced under one.
  const targets = new Map(iceCandidates.map((target) => [placeOf(target), target])).values();
  const answers = await Promise.all(
    [...targets].map(async (target) => ({ target, answered: await answersStun(target, iceParameters) })),
  );
  const silent = answers.filter(({ answered }) => !answered).map(({ target }) => target);
  if (silent.length === 0) return [];
  // At an address of this host there is no router in between: then it is the announced address, or the network.
  const local = await Promise.all(
    localTargets(config, silent).map((target) => answersStun(target, iceParameters)),
  );
  return silent.map((target) => (local.includes(true) ? notReached(target) : deaf(target)));
}

function cannotEnter({ message }: Error): Finding {
  return warning(
    `the media ports of the server that runs here could not be asked: ${message}`,
    'Whether clients reach them is not known.',
    'Look at /readyz and at the log of the server, then run it again; or stop the server, and its ports are tried by binding them.',
  );
}

function notReached(target: StunTarget): Finding {
  return warning(
    `the server answers on this host, but not at ${placeOf(target)}, which it tells its clients`,
    'Clients may not reach it there either: they join, and have neither sound nor picture. It is harmless only if the network keeps a host from its own public address.',
    'Compare TUREEN_ANNOUNCED_ADDRESS with the public address of this host; open the port in the firewall, forward it in the router, and try from another network.',
  );
}

function deaf(target: StunTarget): Finding {
  return fatal(
    `nothing answers at ${placeOf(target)}, nor at an address of this host on that port`,
    'Clients join, and have neither sound nor picture.',
    'A firewall on this host drops it, or TUREEN_LISTEN_IP is of another family than the announced address; open the port, or correct them.',
  );
}

function placeOf({ protocol, address, port }: StunTarget): string {
  return `${address.includes(':') ? `[${address}]` : address} port ${port} by ${protocol.toUpperCase()}`;
}

/** The same ports, at the addresses on which the server listens here. */
function localTargets(config: Config, silent: readonly StunTarget[]): StunTarget[] {
  const bound = listenInfos(config, 0).map(({ ip }) => ip);
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  const reached = (ip: string) =>
    ip === '0.0.0.0' || ip === '::'
      ? own.filter((one) => isIP(one) !== 0 && isIPv6(one) === isIPv6(ip))
      : [ip];
  const addresses = new Set(bound.flatMap(reached));
  return silent.flatMap(({ protocol, port }) =>
    [...addresses].map((address) => ({ protocol, address, port })),
  );
}

/** Enters a room and opens a transport there. The room ends with the connection. @throws Error that says why it cannot */
async function askForTransport(config: Config): Promise<{ offer: Offer } & Disposable> {
  const roomId = `doctor-${crypto.randomUUID()}`;
  const peerId = 'doctor';
  const token = await tokenOf(config, { roomId, peerId });
  const url = localUrl(config, `/signaling?${new URLSearchParams({ roomId, peerId })}`, 'ws');
  const protocols = [subProtocol, ...(token === undefined ? [] : [`${tokenPrefix}${token}`])];
  // The certificate names the public host. Bun's own options are not in the types of the standard.
  const init = { protocols, tls: { rejectUnauthorized: false } } as unknown as string[];
  const socket = new WebSocket(url, init);
  const { promise, resolve, reject } = Promise.withResolvers<Offer>();
  const timer = setTimeout(() => reject(new Error('signaling did not answer in time')), answerTimeoutMs);
  socket.addEventListener('open', () => {
    const data = { producing: true, consuming: false, forceTcp: false };
    socket.send(JSON.stringify({ request: true, id: 1, method: 'createWebRtcTransport', data }));
  });
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Reply;
    if (message.response !== true || message.id !== 1) return;
    if (message.ok) resolve(message.data);
    else reject(new Error(message.errorReason));
  });
  socket.addEventListener('close', ({ code, reason }) =>
    reject(new Error(`signaling refused the connection: ${reason || code}`)),
  );
  try {
    return { offer: await promise, [Symbol.dispose]: () => socket.close() };
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

type Reply =
  | { readonly response: true; readonly id: number; readonly ok: true; readonly data: Offer }
  | { readonly response: true; readonly id: number; readonly ok: false; readonly errorReason: string }
  | { readonly response?: undefined; readonly id?: undefined };

/** A token of this host's own key; none in development mode. */
async function tokenOf(config: Config, target: { roomId: string; peerId: string }) {
  const [signing] = config.apiKeys;
  if (config.developmentMode || signing === undefined) return undefined;
  const [key, secret] = signing;
  const grants = { hidden: true };
  return await mintToken({ key, secret, ...target, grants, lifetime: tokenSeconds, now: Date.now() });
}
