import { Type } from '@sinclair/typebox';
import {
  addressRange,
  choice,
  defaulted,
  integer,
  list,
  type Mistake,
  optional,
  type Settings,
  type ValuesOf,
} from '../kinds.ts';

const keyName = {
  schema: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  wants: 'a name of 1 to 64 letters, digits, _ . -',
};
const keySecret = {
  schema: Type.String({ minLength: 32 }),
  wants: 'a secret of at least 32 bytes without commas',
};
const origin = {
  schema: Type.String({ pattern: '^(https?://[^/]+|\\*)$' }),
  wants: 'an origin such as https://app.example.com, or *',
};

/** Who may connect: API keys, the origins of web pages, and the proxies that name a client's address. */
export const accessSettings = {
  apiKeyNames: optional(
    list(keyName, {
      env: 'TUREEN_API_KEY',
      doc: 'Name of the API key that signs tokens (claim iss). Give several, separated by commas, to change a key without a gap. Without key and secret the server runs in development mode.',
    }),
  ),
  apiSecrets: optional(
    list(keySecret, {
      env: 'TUREEN_API_SECRET',
      secret: true,
      doc: 'The secret of each API key, in the same order. At least 32 bytes each, for example from `openssl rand -hex 32`.',
    }),
  ),
  allowedOrigins: optional(
    list(origin, {
      env: 'TUREEN_ALLOWED_ORIGINS',
      defaultDoc: "the server's own origin",
      doc: 'Origins whose pages may open a signaling socket or call by WHIP and WHEP. In development mode those of this machine may, too. Clients that send no Origin (apps, scripts) are not affected. * allows all.',
    }),
  ),
  trustedProxies: optional(
    list(addressRange, {
      env: 'TUREEN_TRUSTED_PROXIES',
      defaultDoc: 'none',
      doc: 'Addresses of the proxies in front, whose X-Forwarded-For (and TUREEN_ADMIN_USER_HEADER) is trusted.',
    }),
  ),
  forwardedHeader: defaulted(
    choice(['x-forwarded-for', 'forwarded'], {
      env: 'TUREEN_FORWARDED_HEADER',
      doc: 'The header in which the proxies of TUREEN_TRUSTED_PROXIES write the address of the client. Only this one is read, since a proxy passes the other one on as the client wrote it.',
    }),
    'x-forwarded-for',
  ),
  addressRequestsPerSecond: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_ADDRESS_REQUESTS_PER_SECOND',
        doc: 'Requests a second that one address may make by HTTP (REST, WHIP, WHEP, broadcasters, dashboard), the opening of sockets and event streams among them; five seconds of them pass at once. An IPv6 address counts as its /64. A session that is opened counts as four requests, a login as ten. This machine is not limited, so name a proxy on it in TUREEN_TRUSTED_PROXIES.',
      },
    ),
    100,
  ),
} as const satisfies Settings;

/** API keys and secrets must come in pairs. */
export function keyMistakes(values: ValuesOf<typeof accessSettings>): Mistake[] {
  const { apiKeyNames: names, apiSecrets: secrets } = values;
  if ((names === undefined) !== (secrets === undefined)) {
    const missing = names === undefined ? 'TUREEN_API_KEY' : 'TUREEN_API_SECRET';
    return [
      [missing, 'got nothing, wants a value, for TUREEN_API_KEY and TUREEN_API_SECRET belong together'],
    ];
  }
  if (names === undefined || secrets === undefined) return [];
  const mistakes: Mistake[] = [];
  if (names.length !== secrets.length)
    mistakes.push([
      'TUREEN_API_SECRET',
      `got ${secrets.length} secrets, wants ${names.length}, one for each name in TUREEN_API_KEY`,
    ]);
  if (new Set(names).size !== names.length)
    mistakes.push(['TUREEN_API_KEY', 'got a name twice, wants each name once']);
  return mistakes;
}
