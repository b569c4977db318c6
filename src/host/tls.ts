import { createPrivateKey, X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { Logger } from '../core/log.ts';

/** A certificate, with those of its issuers, and its key, both as PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

type TlsFiles = Pick<Config, 'tlsCert' | 'tlsKey'>;

/**
 * Reads and checks certificate and key.
 * @returns undefined when none are configured
 * @throws Error that says which file is wrong and why: unreadable, not PEM, expired, or not matching the other
 */
export async function readTls({ tlsCert, tlsKey }: TlsFiles, now = Date.now()): Promise<TlsPair | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readText(tlsCert, 'TUREEN_TLS_CERT'),
    readText(tlsKey, 'TUREEN_TLS_KEY'),
  ]);
  const certificate = parse('TUREEN_TLS_CERT', tlsCert, () => new X509Certificate(cert));
  const privateKey = parse('TUREEN_TLS_KEY', tlsKey, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw new Error(`the key in ${tlsKey} does not belong to the certificate in ${tlsCert}; replace both`);
  if (Date.parse(certificate.validTo) < now)
    throw new Error(`the certificate in ${tlsCert} expired on ${certificate.validTo}; renew it`);
  return { cert, key };
}

/** When the certificate expires, in milliseconds since the epoch. */
export function expiryOf({ cert }: TlsPair): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

export interface TlsWatchOptions {
  config: TlsFiles;
  log: Logger;
  onChange: (pair: TlsPair) => void | Promise<void>;
  /** The pair in use at the start. */
  pair: TlsPair | undefined;
  /** Milliseconds between two checks of the files. */
  interval?: number;
}

/** Watches certificate and key, so that a renewal only has to replace the files. */
export class TlsWatch {
  #last: string | undefined;
  #closed = false;
  readonly #files: string[];
  readonly #reload = () => void this.reload();

  constructor(private readonly options: TlsWatchOptions) {
    const { config, pair, interval = 5000 } = options;
    this.#last = pair && pair.cert + pair.key;
    this.#files = [config.tlsCert, config.tlsKey].filter((file) => file !== undefined);
    // Polling follows symbolic links and works on every file system; change notifications do neither.
    for (const file of this.#files) watchFile(file, { interval, persistent: false }, this.#reload);
  }

  /** Reads the files again. A pair that is wrong, e.g. half replaced, is logged and not used. */
  async reload(): Promise<void> {
    const { config, log, onChange } = this.options;
    try {
      const pair = await readTls(config);
      if (this.#closed || !pair || this.#last === pair.cert + pair.key) return;
      await onChange(pair);
      this.#last = pair.cert + pair.key;
      log.info('new connections get the new certificate', {
        expires: new Date(expiryOf(pair)).toISOString(),
      });
    } catch (error) {
      log.warn('the new certificate is not used; the old one stays in use', {
        reason: (error as Error).message,
      });
    }
  }

  close(): void {
    this.#closed = true;
    for (const file of this.#files) unwatchFile(file, this.#reload);
  }
}

async function readText(path: string, variable: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`${variable}: ${path} cannot be read: ${error.message}`);
  });
}

function parse<T>(variable: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${variable}: ${path} cannot be parsed, wants PEM: ${(error as Error).message}`);
  }
}
