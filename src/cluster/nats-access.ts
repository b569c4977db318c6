import { readFile } from 'node:fs/promises';
import type { Authenticator } from '@nats-io/transport-node';

/** What a node shows to the bus, and whom it believes. */
export interface NatsAccess {
  /** The credentials of a NATS user, the seed of an NKey, or `user:password`. */
  readonly credentials?: string;
  /** Certificates (PEM) of those who may vouch for the bus; those that the system trusts unless set. */
  readonly ca?: string;
}

type Nats = Pick<
  typeof import('@nats-io/transport-node'),
  'credsAuthenticator' | 'nkeyAuthenticator' | 'usernamePasswordAuthenticator'
>;

const jwtMark = '-----BEGIN NATS USER JWT-----';
const seed = /^SU[A-Z2-7]{56}$/;
const userAndPassword = /^([^:\s]+):(\S.*)$/;

/** Reads the files that the settings name. @throws Error that names the variable and what its file should hold */
export async function readNatsAccess(files: {
  readonly busCredentials?: string;
  readonly busCa?: string;
}): Promise<NatsAccess> {
  const [credentials, ca] = await Promise.all([
    readSetting('TUREEN_BUS_CREDENTIALS', files.busCredentials),
    readSetting('TUREEN_BUS_CA', files.busCa),
  ]);
  if (
    credentials !== undefined &&
    ![userAndPassword, seed].some((form) => form.test(credentials)) &&
    !credentials.includes(jwtMark)
  ) {
    throw new Error(
      `TUREEN_BUS_CREDENTIALS: "${files.busCredentials}" holds neither the credentials of a NATS user (.creds), nor the seed of an NKey (SU...), nor user:password`,
    );
  }
  return { credentials, ca };
}

/** Answers the server's challenge. @returns undefined for a bus that knows nobody */
export function natsAuthenticator(nats: Nats, { credentials }: NatsAccess): Authenticator | undefined {
  if (credentials === undefined) return undefined;
  const bytes = new TextEncoder().encode(credentials);
  if (credentials.includes(jwtMark)) return nats.credsAuthenticator(bytes);
  if (seed.test(credentials)) return nats.nkeyAuthenticator(bytes);
  const [, user = '', password = ''] = userAndPassword.exec(credentials) ?? [];
  return nats.usernamePasswordAuthenticator(user, password);
}

async function readSetting(variable: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `${variable}: cannot read "${path}": ${(error as Error).message}. Name a file that the server may read`,
      { cause: error },
    );
  }
}
