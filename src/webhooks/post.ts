import { TargetError, type Targets } from './targets.ts';

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly targets: Targets;
  /** Ends everything: the name's resolution, each redirect, the answer. */
  readonly signal: AbortSignal;
  /** Certificates to trust instead of the system's, for tests with one of their own. */
  readonly ca?: string;
}

const mostRedirects = 3;
/** Those that a POST may follow as a POST; after 303 it would become a GET. */
const redirects: ReadonlySet<number> = new Set([301, 302, 307, 308]);
/** What is read of an answer, so that the connection can be used again. Its content says nothing. */
const mostAnswer = 16 * 1024;

/**
 * Posts to a URL at its checked addresses only.
 * @returns the status of the last answer, after redirects
 * @throws TargetError when the target, or that of a redirect, is refused; Error when nothing answers
 */
export async function post(options: PostOptions): Promise<number> {
  let { url } = options;
  for (let followed = 0; ; followed += 1) {
    const response = await postOnce({ ...options, url });
    await readLittle(response);
    if (!redirects.has(response.status)) return response.status;
    if (followed === mostRedirects) throw new TargetError(`more than ${mostRedirects} redirects`);
    const location = response.headers.get('location');
    if (!location || !URL.canParse(location, url))
      throw new TargetError('a redirect without a place to go to');
    url = new URL(location, url);
  }
}

/** Tries the addresses of the host until one of them answers. */
async function postOnce(options: PostOptions): Promise<Response> {
  const { url, targets, signal } = options;
  const addresses = await unlessAborted(targets.addressesOf(url), signal);
  let last: unknown;
  for (const address of addresses) {
    try {
      return await postTo(address, options);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      last = error;
    }
  }
  throw last;
}

async function postTo(address: string, { url, headers, body, signal, ca }: PostOptions): Promise<Response> {
  // The connection goes to the address that was checked, while the host's name stays what the certificate has to
  // show (serverName) and what the receiver reads (Host).
  const direct = new URL(url);
  direct.username = '';
  direct.password = '';
  direct.hostname = address.includes(':') ? `[${address}]` : address;
  return await fetch(direct, {
    method: 'POST',
    headers: { ...headers, host: url.host },
    body,
    signal,
    redirect: 'manual',
    decompress: false,
    tls: { serverName: url.hostname.replace(/^\[(.*)\]$/, '$1'), ...(ca === undefined ? {} : { ca }) },
  });
}

async function readLittle({ body }: Response): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > mostAnswer) break;
    }
  } catch {
    // The status has come; what comes after it changes nothing.
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
