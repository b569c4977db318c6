/**
 * The cookie of a session. The `__Host-` prefix binds it to this host, to HTTPS and to the path / (RFC 6265bis, section
 * 4.1.3). Browsers treat http://localhost and http://127.0.0.1 as secure for it; any other address needs HTTPS.
 */
const name = '__Host-tureen-admin';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export function readSessionCookie(request: Request): string | undefined {
  const cookies = (request.headers.get('cookie') ?? '').split(';').map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
}

export function sessionCookie(secret: string): string {
  return `${name}=${secret}; ${attributes}`;
}

export const endedCookie = `${name}=; ${attributes}; Max-Age=0`;
