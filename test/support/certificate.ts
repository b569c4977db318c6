import { join } from 'node:path';
import { succeed } from './run.ts';

/** Files of a certificate that signs itself. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate by openssl for 127.0.0.1, localhost and more addresses, which shows its name to those who connect. */
export async function makeCertificate(
  folder: string,
  name: string,
  options: { readonly days?: number; readonly addresses?: readonly string[] } = {},
): Promise<CertificateFiles> {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const { days = 2, addresses = [] } = options;
  const names = ['IP:127.0.0.1', 'DNS:localhost', ...addresses.map((address) => `IP:${address}`)];
  await succeed([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names.join()}`],
    ...['-keyout', files.key, '-out', files.cert],
  ]);
  return files;
}
