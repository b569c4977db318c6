import { type Config, isLoopback } from '../config/config.ts';

/** Whether the page that a request comes from may use this server. */
export function originAllowed(
  request: Request,
  { allowedOrigins, developmentMode }: Pick<Config, 'allowedOrigins' | 'developmentMode'>,
): boolean {
  const origin = request.headers.get('origin');
  // Only browsers send it, and only they can be misused by a foreign page.
  if (origin === null) return true;
  if (allowedOrigins) return allowedOrigins.includes('*') || allowedOrigins.includes(origin);
  if (!URL.canParse(origin)) return false;
  const { host, hostname } = new URL(origin);
  // A foreign name that was made to point at this machine sends an Origin that equals its Host.
  if (developmentMode && !isLoopback(hostname)) return false;
  return host === request.headers.get('host');
}
