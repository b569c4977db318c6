/** Functions that older browsers lack, since mediasoup-client supports those too. */

/** A promise with the means to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {};
  let reject: Deferred<T>['reject'] = () => {};
  const promise = new Promise<T>((resolves, rejects) => {
    resolve = resolves;
    reject = rejects;
  });
  return { promise, resolve, reject };
}

/** A unique id. Unlike crypto.randomUUID it also works on pages without https. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How many bytes a message takes on the wire. */
export function byteLength(data: string | ArrayBuffer | ArrayBufferView | Blob): number {
  if (typeof data === 'string') return new TextEncoder().encode(data).byteLength;
  return 'byteLength' in data ? data.byteLength : data.size;
}
