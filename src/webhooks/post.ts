import { TargetError, type Targets } from './targets.ts';

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly targets: Targets;
  /** Aborts everything: resolving the name, redirects, reading the response. */
  readonly signal: AbortSignal;
  /** Certificates to trust instead of the system's, for tests. */
  readonly ca?: string;
}

const maxRedirects = 3;
/** The redirects that are followed with a POST; 303 would need a GET. */
const redirects: ReadonlySet<number> = new Set([301, 302, 307, 308]);
/** How much of a response is read, so that the connection can be used again. The content is ignored. */
const maxResponseBytes = 16 * 1024;

/**
 * Posts to a URL, only at addresses that were checked.
 * @returns the status of the last response, after redirects
 * @throws TargetError when the target, or that of a redirect, is refused; Error when nothing answers
 */
export async function post(options: PostOptions): Promise<number> {
  let { url } = options;
  for (let followed = 0; ; followed += 1) {
    const response = await postOnce({ ...options, url });
    await drain(response);
    if (!redirects.has(response.status)) return response.status;
    if (followed === maxRedirects)
      throw new TargetError(`more than ${maxRedirects} redirects; give the receiver's final URL`);
    const location = response.headers.get('location');
    if (!location || !URL.canParse(location, url))
      throw new TargetError(`it answered ${response.status}, a redirect without a valid Location`);
    url = new URL(location, url);
  }
}

/** Tries the addresses of the host until one of them answers. */
async function postOnce(options: PostOptions): Promise<Response> {
  const { url, targets, signal } = options;
  const addresses = await unlessAborted(targets.addressesOf(url), signal);
  let lastError: unknown;
  for (const address of addresses) {
    try {
      return await postTo(address, options);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      lastError = error;
    }
  }
  throw lastError;
}

async function postTo(address: string, { url, headers, body, signal, ca }: PostOptions): Promise<Response> {
  // Connects to the address that was checked. The name of the host is still used for the certificate (serverName) and
  // for the receiver (Host).
  const addressUrl = new URL(url);
  addressUrl.username = '';
  addressUrl.password = '';
  addressUrl.hostname = address.includes(':') ? `[${address}]` : address;
  return await fetch(addressUrl, {
    method: 'POST',
    headers: { ...headers, host: url.host },
    body,
    signal,
    redirect: 'manual',
    decompress: false,
    tls: { serverName: url.hostname.replace(/^\[(.*)\]$/, '$1'), ...(ca === undefined ? {} : { ca }) },
  });
}

async function drain({ body }: Response): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxResponseBytes) break;
    }
  } catch {
    // Only the status matters, and that has come.
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
