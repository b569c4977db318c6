/** The claims that the page reads of a token. Only the server can verify it. */
export interface TokenClaims {
  readonly room?: string;
  readonly sub?: string;
  readonly displayName?: string;
  /** Whether it lets its holder send anything, and be seen. */
  readonly listens?: boolean;
}

/** Reads the claims of a JWT (RFC 7519) without verifying it; empty if it is not a JWT. */
export function readClaims(token: string): TokenClaims {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.codePointAt(0) ?? 0);
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== 'object' || claims === null) return {};
    // `name` is the former name of the claim.
    const { room, sub, name, displayName = name, grants } = claims as Record<string, unknown>;
    const texts = { ...text('room', room), ...text('sub', sub), ...text('displayName', displayName) };
    return { ...texts, ...publishing(grants) };
  } catch {
    return {};
  }
}

/** A token that grants nothing to publish, or whose holder is hidden, is for listening. */
function publishing(grants: unknown): { listens?: boolean } {
  if (typeof grants !== 'object' || grants === null) return {};
  const { publish = true, hidden = false } = grants as Record<string, unknown>;
  const nothing = publish === false || (Array.isArray(publish) && publish.length === 0);
  return nothing || hidden === true ? { listens: true } : {};
}

function text(key: string, value: unknown): Record<string, string> {
  return typeof value === 'string' ? { [key]: value } : {};
}
