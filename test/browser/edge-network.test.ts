import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readTls } from '../../src/host/tls.ts';
import { makeCertificate } from '../support/certificate.ts';
import { ClientNetwork, mayMakeNetworks } from '../support/network.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { Browser, enter, pageTimeoutMs, seesAndHears } from './support.ts';

setDefaultTimeout(240_000);

// Without root there are no networks of our own.
describe.if(mayMakeNetworks)('behind a router that translates addresses', () => {
  let folder: string;
  let network: ClientNetwork;
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tureen-network-test-'));
    network = await ClientNetwork.make();
    // Camera and microphone are for pages from HTTPS only, unless they come from the same machine.
    const { cert, key } = await makeCertificate(folder, 'network.test');
    const files = { TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key };
    const places = {
      HOST: network.signalingAddress,
      TUREEN_LISTEN_IP: network.mediaAddress,
    };
    const tls = await readTls({ tlsCert: cert, tlsKey: key });
    server = await startServer({ ...withKeys, ...files, ...places }, { tls });
    const program = process.env.TUREEN_TEST_BROWSER ?? '/usr/bin/chromium';
    process.env.TUREEN_TEST_BROWSER = await network.wrap(program);
    browser = await Browser.launch({ moreFlags: ['--ignore-certificate-errors'] });
    process.env.TUREEN_TEST_BROWSER = program;
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await server?.stop();
    await network?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(room: string, name: string): Promise<Page> {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(pageTimeoutMs);
    const token = await tokenFor(room, name);
    await page.goto(
      `https://${network.signalingAddress}:${server.port}/?room=${room}&peer=${name}#token=${token}`,
    );
    await enter(page, name);
    return page;
  }

  const transports = (room: string) =>
    [...(server.sfu.rooms.get(room)?.peers.values() ?? [])].flatMap((peer) =>
      [...peer.transports.keys()].map((id) => peer.webRtcTransport(id).transport),
    );

  /** The protocols by which the peers of a room are connected at the moment. */
  const protocols = (room: string) => transports(room).map((one) => one.iceSelectedTuple?.protocol);

  /** Where the peers of a room are, as this machine sees it. */
  const addresses = (room: string) => transports(room).map((one) => one.iceSelectedTuple?.remoteIp);

  test('a call goes on when the client gets another address: ICE restarts on the same transports', async () => {
    const alice = await open('roaming', 'alice');
    const bob = await open('roaming', 'bob');
    await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
    expect(new Set(protocols('roaming'))).toEqual(new Set(['udp']));
    const before = network.publicAddress;
    expect(new Set(addresses('roaming'))).toEqual(new Set([before]));
    const passwords = () =>
      new Map(transports('roaming').map(({ id, iceParameters }) => [id, iceParameters.password]));
    const known = passwords();
    const sessions = () =>
      [...(server.sfu.rooms.get('roaming')?.peers.values() ?? [])].map((peer) => peer.sessionId);
    const stays = sessions();
    const left: string[] = [];
    server.sfu.events.on('peerLeft', ({ peerId }) => void left.push(peerId));
    network.changeAddresses();
    await eventually(
      'another address',
      async () => addresses('roaming'),
      (now) => now.length === 4 && now.every((address) => address !== undefined && address !== before),
    );
    await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
    // The transports are those of before, and ICE was started again on each.
    expect([...passwords().keys()]).toEqual([...known.keys()]);
    for (const [id, password] of passwords()) expect(password).not.toBe(known.get(id) ?? '');
    // Their sockets are cut by that, too: they go on over others, and nobody has left.
    expect([sessions(), left]).toEqual([stays, []]);
    await browser.closePages();
  });

  test('where the router lets no UDP through a call is made by TCP', async () => {
    network.dropUdp();
    const alice = await open('tcp', 'alice');
    const bob = await open('tcp', 'bob');
    await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
    expect(new Set(protocols('tcp'))).toEqual(new Set(['tcp']));
    expect(addresses('tcp')).toHaveLength(4);
    await browser.closePages();
  });
});
