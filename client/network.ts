/** Tells when the device has a network again, or another one. @returns what ends it */
export function watchNetwork(listener: () => void): () => void {
  // Only Chromium has `connection`: https://developer.mozilla.org/docs/Web/API/NetworkInformation
  const { connection } = (globalThis.navigator ?? {}) as { connection?: EventTarget };
  globalThis.addEventListener?.('online', listener);
  connection?.addEventListener('change', listener);
  return () => {
    globalThis.removeEventListener?.('online', listener);
    connection?.removeEventListener('change', listener);
  };
}
