/** The claims that the page reads of a token. Only the server can verify it. */
export interface TokenClaims {
  readonly room?: string;
  readonly sub?: string;
  readonly name?: string;
}

/** Reads the claims of a JWT (RFC 7519) without verifying it; empty if it is not a JWT. */
export function readClaims(token: string): TokenClaims {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.codePointAt(0) ?? 0);
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== 'object' || claims === null) return {};
    const { room, sub, name } = claims as Record<string, unknown>;
    return { ...text('room', room), ...text('sub', sub), ...text('name', name) };
  } catch {
    return {};
  }
}

function text(key: string, value: unknown): Record<string, string> {
  return typeof value === 'string' ? { [key]: value } : {};
}
