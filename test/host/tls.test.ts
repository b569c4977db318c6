import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/core/log.ts';
import { readTls, TlsWatch } from '../../src/host/tls.ts';
import { makeCertificate } from '../support/certificate.ts';
import { Program } from '../support/program.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

let folder: string;
/** The files that servers are given. */
let cert: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-tls-'));
  cert = join(folder, 'cert.pem');
  key = join(folder, 'key.pem');
  await Promise.all(['first.test', 'second.test', 'third.test'].map((name) => makeCertificate(folder, name)));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function install(name: string): Promise<void> {
  await copyFile(join(folder, `${name}.key`), key);
  await copyFile(join(folder, `${name}.crt`), cert);
}

const configured = () => readConfig({ TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key });

/** The name in the certificate that a new connection is shown. */
async function shown(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

/** The socket of a call, over which requests are answered. */
async function openCall(server: { port: number }, peerId: string): Promise<SignalingClient> {
  const client = await SignalingClient.connect({ server, peerId, tls: true });
  await stillAnswers(client);
  return client;
}

async function stillAnswers(client: SignalingClient): Promise<void> {
  expect(await client.request('getRouterRtpCapabilities', {})).toHaveProperty('codecs');
}

test('a certificate that is replaced is shown to new connections, and open ones go on', async () => {
  await install('first.test');
  const config = configured();
  const pair = await readTls(config);
  await using server = await startServer({ TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key }, { tls: pair });
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const watch = new TlsWatch({
    config,
    log,
    pair,
    onChange: (changed) => server.replaceTls(changed),
    interval: 50,
  });
  try {
    expect(server.url).toStartWith('https://');
    expect(await shown(server.port)).toBe('first.test');
    const calls = [await openCall(server, 'alice')];
    for (const [index, name] of ['second.test', 'third.test'].entries()) {
      await install(name);
      const changes = () => lines.filter((line) => line.includes('new connections get the new certificate'));
      await until(() => changes().length > index, `the log of ${name}`);
      for (const _ of Array(5)) expect(await shown(server.port)).toBe(name);
      calls.push(await openCall(server, `peer-${index}`));
      for (const call of calls) await stillAnswers(call);
    }
    const page = await fetch(`https://127.0.0.1:${server.port}/readyz`, {
      tls: { rejectUnauthorized: false },
    });
    expect(page.status).toBe(200);
    await server.stop();
    const ends = await Promise.all(calls.map(({ closed }) => closed));
    expect(ends.map(({ code }) => code)).toEqual([1012, 1012, 1012]);
  } finally {
    watch.close();
  }
});

test('a key that does not belong to the certificate changes nothing until both are there', async () => {
  await install('first.test');
  const taken: string[] = [];
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const onChange = ({ cert: text }: { cert: string }) => void taken.push(text);
  const config = configured();
  const watch = new TlsWatch({ config, log, pair: await readTls(config), onChange, interval: 3_600_000 });
  try {
    await watch.reload();
    expect(taken).toEqual([]);
    await copyFile(join(folder, 'second.test.key'), key);
    await watch.reload();
    expect(lines.join()).toContain('does not belong to the certificate');
    expect(taken).toEqual([]);
    await copyFile(join(folder, 'second.test.crt'), cert);
    await watch.reload();
    expect(taken).toEqual([await Bun.file(cert).text()]);
  } finally {
    watch.close();
  }
});

test('a watch that is closed while it reads the files changes nothing', async () => {
  await install('first.test');
  const taken: unknown[] = [];
  const log = createLogger({ level: 'info', write: () => {} });
  const config = configured();
  const pair = await readTls(config);
  const watch = new TlsWatch({
    config,
    log,
    pair,
    onChange: (changed) => void taken.push(changed),
    interval: 3_600_000,
  });
  await install('second.test');
  const reading = watch.reload();
  watch.close();
  await reading;
  expect(taken).toEqual([]);
});

test('a file that is missing, no certificate, or expired is told with what is wrong', async () => {
  await install('first.test');
  const config = configured();
  const year = 365 * 24 * 3600 * 1000;
  await expect(readTls(config, Date.now() + year)).rejects.toThrow(/expired on .*; renew it/);
  await expect(readTls({ ...config, tlsKey: join(folder, 'none') })).rejects.toThrow(
    /TUREEN_TLS_KEY: .*none cannot be read/,
  );
  await expect(readTls({ ...config, tlsCert: import.meta.path })).rejects.toThrow(
    /TUREEN_TLS_CERT: .*wants PEM/,
  );
  expect(() => readConfig({ TUREEN_TLS_CERT: cert })).toThrow('TUREEN_TLS_KEY: got nothing');
});

test('a server with TLS does not share its port with another one', async () => {
  await install('first.test');
  const environment = { TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key };
  await using server = await startServer(environment, { tls: await readTls(configured()) });
  await using second = new Program({ environment: { ...environment, PORT: String(server.port) } });
  expect(await second.process.exited).toBe(1);
  await second.prints(`cannot listen on 127.0.0.1 port ${server.port}`);
});

test('the program reads a new certificate at once on SIGHUP', async () => {
  await install('first.test');
  await using program = await Program.start({ environment: { TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key } });
  expect(await shown(program.port)).toBe('first.test');
  const alice = await openCall(program, 'alice');
  await install('second.test');
  program.process.kill('SIGHUP');
  await program.prints('new connections get the new certificate');
  expect(await shown(program.port)).toBe('second.test');
  await stillAnswers(alice);
});
