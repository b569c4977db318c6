import { join } from 'node:path';

/** Files of a certificate that signs itself, for 127.0.0.1 and localhost. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate by openssl, which shows its name to those who connect. */
export async function makeCertificate(
  folder: string,
  name: string,
  options: { days?: number } = {},
): Promise<CertificateFiles> {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const { days = 2 } = options;
  const child = Bun.spawn(
    [
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...[
        '-days',
        String(days),
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:localhost',
      ],
      ...['-keyout', files.key, '-out', files.cert],
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' },
  );
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`openssl could not make a certificate: ${said}`);
  return files;
}
