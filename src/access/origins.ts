import { type Config, isLoopback } from '../config/config.ts';

/** Whether the web page that sent a request may use this server. */
export function originAllowed(
  request: Request,
  { allowedOrigins, developmentMode }: Pick<Config, 'allowedOrigins' | 'developmentMode'>,
): boolean {
  const origin = request.headers.get('origin');
  // Only browsers send Origin, and only they can be misused by a page of another origin.
  if (origin === null) return true;
  if (allowedOrigins) return allowedOrigins.includes('*') || allowedOrigins.includes(origin);
  if (!URL.canParse(origin)) return false;
  const { host, hostname } = new URL(origin);
  // DNS rebinding: a foreign name that resolves to this machine has an Origin that equals its Host.
  if (developmentMode && !isLoopback(hostname)) return false;
  return host === request.headers.get('host');
}
