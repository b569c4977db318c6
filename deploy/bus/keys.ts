import { chmod, mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { busFiles } from './config.ts';

/** How long authority and certificates hold, in days. They are made again by removing their files. */
const validDays = 3650;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Makes the authority that vouches for all buses, unless it is there. Its key is needed for a node that comes later. */
export async function makeAuthority(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await Bun.file(join(folder, 'ca.key')).exists()) return;
  await openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...[
      '-days',
      String(validDays),
      '-subj',
      '/CN=Tureen bus',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-keyout', join(folder, 'ca.key'), '-out', join(folder, busFiles.authority)],
  ]);
  await chmod(join(folder, 'ca.key'), 0o600);
}

/** Makes the certificate of one bus, unless it is there. @param authority folder of the authority */
export async function makeCertificate(folder: string, host: string, authority: string): Promise<void> {
  const certificate = join(folder, busFiles.certificate);
  const key = join(folder, busFiles.key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Bun.write(join(folder, busFiles.authority), Bun.file(join(authority, busFiles.authority)));
  if (await Bun.file(key).exists()) return;
  await openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', String(validDays), '-subj', '/CN=Tureen bus'],
    ...['-CA', join(authority, busFiles.authority), '-CAkey', join(authority, 'ca.key')],
    ...['-addext', `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    // It shows it to nodes as a server, and to other buses as a client, too.
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ...['-keyout', key, '-out', certificate],
  ]);
  await chmod(key, 0o600);
}

/** Makes the NKey of a node, unless it is there. @returns its public half, which is no secret */
export async function makeSeed(folder: string): Promise<string> {
  const path = join(folder, busFiles.seed);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await Bun.file(path).exists())) {
    await Bun.write(path, decoder.decode(nkeys.createUser().getSeed()), { mode: 0o600 });
    await chmod(path, 0o600);
  }
  return nkeys.fromSeed(encoder.encode((await Bun.file(path).text()).trim())).getPublicKey();
}

async function openssl(args: readonly string[]): Promise<void> {
  const child = Bun.spawn(['openssl', ...args], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const [exitCode, output] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (exitCode !== 0) throw new Error(`openssl ended with ${exitCode}: ${output.slice(-1000)}`);
}
