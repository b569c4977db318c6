import { X509Certificate } from 'node:crypto';
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
  await certify(
    [
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ],
    { key: join(folder, 'ca.key'), certificate: join(folder, busFiles.authority) },
  );
  await chmod(join(folder, 'ca.key'), 0o600);
}

/**
 * Makes the certificate of one bus, unless there is one for its host: a bus that moved gets another one.
 * @param authority folder of the authority
 */
export async function makeCertificate(folder: string, host: string, authority: string): Promise<void> {
  const certificate = join(folder, busFiles.certificate);
  const key = join(folder, busFiles.key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Bun.write(join(folder, busFiles.authority), Bun.file(join(authority, busFiles.authority)));
  if ((await Bun.file(key).exists()) && (await isFor(certificate, host))) return;
  await certify(
    [
      ...['-CA', join(authority, busFiles.authority), '-CAkey', join(authority, 'ca.key')],
      ...['-addext', `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      // It shows it to nodes as a server, and to other buses as a client, too.
      ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ],
    { key, certificate },
  );
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

async function isFor(certificate: string, host: string): Promise<boolean> {
  const file = Bun.file(certificate);
  if (!(await file.exists())) return false;
  const shown = new X509Certificate(await file.text());
  return (isIP(host) === 0 ? shown.checkHost(host) : shown.checkIP(host)) !== undefined;
}

/** Makes a key and a certificate for it. */
async function certify(
  of: readonly string[],
  { key, certificate }: { readonly key: string; readonly certificate: string },
): Promise<void> {
  await openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', String(validDays), '-subj', '/CN=Tureen bus', ...of],
    ...['-keyout', key, '-out', certificate],
  ]);
}

async function openssl(args: readonly string[]): Promise<void> {
  const child = Bun.spawn(['openssl', ...args], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const [exitCode, output] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (exitCode !== 0) throw new Error(`openssl ended with ${exitCode}: ${output.slice(-1000)}`);
}
