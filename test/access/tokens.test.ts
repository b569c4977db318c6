import { describe, expect, spyOn, test } from 'bun:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { ApiAccess } from '../../src/access/api-access.ts';
import { mintToken, verifyToken } from '../../src/access/tokens.ts';
import { tokenCommand } from '../../src/cli/token.ts';
import { readConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { SfuError } from '../../src/core/errors.ts';
import { testLog } from '../support/server.ts';

const key = 'app';
const secret = 'a-secret-of-at-least-thirty-two-bytes';
const apiKeys = new Map([[key, secret]]);
const target = { roomId: 'room', peerId: 'alice' };
const now = Date.parse('2026-01-01T00:00:00Z');
const seconds = now / 1000;
const goodClaims = { iss: key, sub: 'alice', room: 'room', exp: seconds + 60 } satisfies JWTPayload;

/** Signs any claims, as another library of an application would. */
function sign(claims: JWTPayload, options: { alg?: string; secret?: string } = {}): Promise<string> {
  const header = { alg: options.alg ?? 'HS256', typ: 'JWT' };
  return new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(options.secret ?? secret));
}

function verify(token: string, keys: ReadonlyMap<string, string> = apiKeys, at = now) {
  return verifyToken(token, { apiKeys: keys, target, now: at });
}

/** The code with which a token is refused; its sentence must not repeat the token. */
async function refusal(
  token: string,
  keys: ReadonlyMap<string, string> = apiKeys,
  at = now,
): Promise<string> {
  const error: SfuError = await verify(token, keys, at).then(
    () => {
      throw new Error('the token was accepted');
    },
    (thrown: SfuError) => thrown,
  );
  if (token.length > 20) expect(error.reason).not.toContain(token.slice(-20));
  return error.reason;
}

describe('a token', () => {
  test('that is good says who stands behind it and what it may do', async () => {
    const metadata = { team: 'blue', 日本: [1, { deep: true }] };
    const grants = { publish: ['audio' as const], moderate: true };
    const token = await mintToken({
      key,
      secret,
      ...target,
      lifetime: 60,
      now,
      displayName: ' Alice\u0000 A. ',
      metadata,
      grants,
      tokenId: 't1',
    });
    expect(await verify(token)).toEqual({
      displayName: 'Alice A.',
      metadata,
      grants: { publish: ['audio'], subscribe: true, moderate: true, hidden: false },
      tokenId: 't1',
      issuedAt: now,
    });
  });

  test('names the person by displayName, or as before by name', async () => {
    const name = 'Alice';
    expect((await verify(await sign({ ...goodClaims, name }))).displayName).toBe('Alice');
    const both = { ...goodClaims, name, displayName: 'Alice A.' };
    expect((await verify(await sign(both))).displayName).toBe('Alice A.');
  });

  test('without grants may publish and subscribe, and no more', async () => {
    const { grants } = await verify(await sign(goodClaims));
    expect(grants).toEqual({ publish: true, subscribe: true, moderate: false, hidden: false });
  });

  test('expires, with a minute of leeway', async () => {
    const token = await sign({ ...goodClaims, exp: seconds });
    expect(await verify(token, apiKeys, now + 59_000)).toBeDefined();
    expect(await refusal(token, apiKeys, now + 61_000)).toMatch(/^unauthorized: .*expired/);
  });

  test('is not good before its time, with a minute of leeway', async () => {
    const token = await sign({ ...goodClaims, nbf: seconds, exp: seconds + 600 });
    expect(await verify(token, apiKeys, now - 59_000)).toBeDefined();
    expect(await refusal(token, apiKeys, now - 61_000)).toMatch(/^unauthorized: .*not valid yet/);
  });

  test('is for one room and one peer', async () => {
    expect(await refusal(await sign({ ...goodClaims, room: 'other' }))).toMatch(/^forbidden: .*another room/);
    expect(await refusal(await sign({ ...goodClaims, sub: 'bob' }))).toMatch(/^forbidden: .*another peer/);
    expect(await refusal(await sign({ ...goodClaims, room: 'Room' }))).toMatch(/^forbidden: /);
  });

  test('says nothing of rooms and peers to somebody who cannot sign', async () => {
    const forged = await sign({ ...goodClaims, room: 'other' }, { secret: 'x'.repeat(40) });
    expect(await refusal(forged)).toMatch(/^unauthorized: .*signature/);
  });

  test('is signed with a key that the server knows, and with its secret', async () => {
    expect(await refusal(await sign({ ...goodClaims, iss: 'other' }))).toMatch(/^unauthorized: .*key/);
    expect(await refusal(await sign({ ...goodClaims, iss: '__proto__' }))).toMatch(/^unauthorized: /);
    expect(await refusal(await sign(goodClaims, { secret: `${secret}x` }))).toMatch(
      /^unauthorized: .*signature/,
    );
  });

  test('of either of two keys is good, and each only with its own secret', async () => {
    const newSecret = 'another-secret-of-thirty-two-bytes-too';
    const both = new Map([...apiKeys, ['new', newSecret]]);
    expect(await verify(await sign(goodClaims), both)).toBeDefined();
    expect(
      await verify(await sign({ ...goodClaims, iss: 'new' }, { secret: newSecret }), both),
    ).toBeDefined();
    expect(await refusal(await sign({ ...goodClaims, iss: 'new' }), both)).toMatch(
      /^unauthorized: .*signature/,
    );
    expect(await refusal(await sign(goodClaims), new Map([['new', newSecret]]))).toMatch(/^unauthorized: /);
  });

  test('is signed with HS256 and nothing else', async () => {
    const unsigned = new UnsecuredJWT(goodClaims).encode();
    expect(await refusal(unsigned)).toMatch(/^unauthorized: /);
    const [, claims, signature] = (await sign(goodClaims)).split('.');
    const headerOf = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url');
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'RS256', 'ES256', 'hs256', 'HS255']) {
      expect(await refusal(`${headerOf(alg)}.${claims}.${signature}`)).toMatch(/^unauthorized: /);
      expect(await refusal(`${headerOf(alg)}.${claims}.`)).toMatch(/^unauthorized: /);
    }
    for (const alg of ['HS384', 'HS512']) {
      expect(await refusal(await sign(goodClaims, { alg, secret: secret.repeat(2) }))).toMatch(
        /^unauthorized: /,
      );
    }
  });

  test('signed with RS256, or with the public key as secret, is refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const asymmetric = await new SignJWT(goodClaims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    expect(await refusal(asymmetric)).toMatch(/^unauthorized: .*HS256/);
    const confused = await sign(goodClaims, { secret: JSON.stringify(await exportJWK(publicKey)) });
    expect(await refusal(confused)).toMatch(/^unauthorized: .*signature/);
  });

  test('needs an issuer, a subject, a room and an end', async () => {
    for (const claim of ['iss', 'sub', 'room', 'exp'] as const) {
      const { [claim]: _left, ...claims } = goodClaims;
      expect(await refusal(await sign(claims))).toMatch(/^unauthorized: /);
    }
  });

  const wrongClaims: [string, Record<string, unknown>][] = [
    ['an end that is text', { exp: String(seconds + 60) }],
    ['a start that is text', { nbf: 'now' }],
    ['a room that is no text', { room: 7 }],
    ['an empty subject', { sub: '' }],
    ['a long token id', { jti: 'x'.repeat(129) }],
    ['a name that is no text', { name: { toString: 'x' } }],
    ['a long name', { displayName: 'x'.repeat(257) }],
    ['metadata that is no object', { metadata: 'x' }],
    ['large metadata', { metadata: { x: 'y'.repeat(4096) } }],
    ['grants that are no object', { grants: true }],
    ['a grant that nobody knows', { grants: { admin: true } }],
    ['a source that nobody knows', { grants: { publish: ['audio', 'smell'] } }],
    ['a grant that is text', { grants: { subscribe: 'false' } }],
  ];
  test.each(wrongClaims)('with %s is refused', async (_what, claims) => {
    expect(await refusal(await sign({ ...goodClaims, ...claims }))).toMatch(/^unauthorized: /);
  });

  const own = { kty: 'oct', k: Buffer.from('x'.repeat(40)).toString('base64url') };
  const headers: [string, Record<string, unknown>][] = [
    ['a key of its own', { jwk: own }],
    ['the address of a key', { jku: 'https://evil.example/keys' }],
    ['a certificate', { x5c: ['MIIB'] }],
    ['the address of a certificate', { x5u: 'https://evil.example/cert' }],
    ['the id of a key that is a path', { kid: '../../../../dev/null' }],
    ['the id of a key that is a query', { kid: "' OR 1=1 --" }],
    ['the id of a prototype', { kid: '__proto__' }],
    ['another type', { typ: 'JWS' }],
  ];
  test.each(headers)('whose header names %s is judged by our own secret alone', async (_what, header) => {
    const forge = (withSecret: string) =>
      new SignJWT(goodClaims).setProtectedHeader({ alg: 'HS256', ...header }).sign(Buffer.from(withSecret));
    for (const withSecret of ['x'.repeat(40), '\u0000', 'null'])
      expect(await refusal(await forge(withSecret))).toMatch(/^unauthorized: /);
  });

  test('whose header wants what is not known, or a payload that is not encoded, is refused', async () => {
    const [, claims, signature] = (await sign(goodClaims)).split('.');
    for (const header of [
      { alg: 'HS256', crit: ['exp'], exp: 1 },
      { alg: 'HS256', crit: ['b64'], b64: false },
      { alg: 'HS256', zip: 'DEF' },
      { alg: 'dir', enc: 'A128GCM' },
      { alg: ['HS256'] },
      { alg: { toString: 'HS256' } },
      {},
    ]) {
      const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
      expect(await refusal(`${encoded}.${claims}.${signature}`)).toMatch(/^unauthorized: /);
      expect(await refusal(`${encoded}..${claims}.${signature}.x`)).toMatch(/^unauthorized: /);
    }
  });

  test('that is none is refused', async () => {
    const good = await sign(goodClaims);
    const [header, claims, signature] = good.split('.');
    const broken = [
      '',
      '.',
      '..',
      'x',
      'a.b.c',
      `${header}.${claims}`,
      `${good}.x`,
      ` ${good}`,
      `${header}..${signature}`,
    ];
    for (const text of [...broken, `${good}x`, 'é'.repeat(50), 'x'.repeat(100_000)]) {
      expect(await refusal(text)).toMatch(/^unauthorized: /);
    }
  });

  test('with other claims, or a changed byte, is refused', async () => {
    const [header, claims, signature] = (await sign(goodClaims)).split('.');
    const bobs = Buffer.from(JSON.stringify({ ...goodClaims, grants: { moderate: true } })).toString(
      'base64url',
    );
    expect(await refusal(`${header}.${bobs}.${signature}`)).toMatch(/^unauthorized: /);
    const first = signature?.startsWith('A') ? 'B' : 'A';
    expect(await refusal(`${header}.${claims}.${first}${signature?.slice(1)}`)).toMatch(/^unauthorized: /);
  });
});

describe('the token command', () => {
  const environment = { TUREEN_API_KEY: 'old,new', TUREEN_API_SECRET: `${secret},${secret}-new` };
  const keys = new Map([
    ['old', secret],
    ['new', `${secret}-new`],
  ]);

  async function run(args: string[], env: Record<string, string> = environment) {
    const out = spyOn(console, 'log').mockImplementation(() => {});
    const err = spyOn(console, 'error').mockImplementation(() => {});
    try {
      const code = await tokenCommand(args, env);
      return { code, out: out.mock.calls.join('\n'), err: err.mock.calls.join('\n') };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  }

  test('prints a token for a day, and nothing else', async () => {
    const { code, out, err } = await run(['--room', 'room', '--peer', 'alice']);
    expect([code, err]).toEqual([0, '']);
    expect(await verify(out, keys, Date.now())).toMatchObject({ grants: { publish: true, moderate: false } });
    expect(await verify(out, keys, Date.now() + 86_000_000)).toBeDefined();
    expect(await refusal(out, keys, Date.now() + 86_500_000)).toMatch(/expired/);
    expect(await refusal(out, new Map([['new', `${secret}-new`]]), Date.now())).toMatch(/^unauthorized: /);
  });

  test('takes a name, a lifetime, a key, grants and metadata', async () => {
    const grants = '{"publish":["audio","screen"],"subscribe":false}';
    const more = [
      '--display-name',
      'Alice A.',
      '--hours',
      '0.5',
      '--key',
      'new',
      '--grants',
      grants,
      '--metadata',
      '{"a":1}',
    ];
    const { code, out } = await run(['--room', 'room', '--peer', 'alice', ...more]);
    expect(code).toBe(0);
    expect(await verify(out, keys, Date.now())).toMatchObject({
      displayName: 'Alice A.',
      metadata: { a: 1 },
      grants: { publish: ['audio', 'screen'], subscribe: false, moderate: false, hidden: false },
    });
    expect(await refusal(out, keys, Date.now() + 1_900_000)).toMatch(/expired/);
  });

  test('prints a token for a program with its scopes', async () => {
    const { code, out, err } = await run(['--scopes', 'read, media,read', '--name', 'sip', '--key', 'new']);
    expect([code, err]).toEqual([0, '']);
    const config = readConfig(environment);
    const access = new ApiAccess({ config, findKey: () => undefined, clock: systemClock, log: testLog });
    const request = new Request('http://server/', { headers: { authorization: `Bearer ${out}` } });
    const { by, scopes } = await access.authenticate(request, '127.0.0.1');
    expect(by).toEqual({ kind: 'api', id: 'sip' });
    expect([...scopes]).toEqual(['read', 'media']);
  });

  const mistakes: [string, string[], RegExp, Record<string, string>][] = [
    [
      'an unknown scope',
      ['--scopes', 'read,write'],
      /--scopes: got "write", wants any of read, /,
      environment,
    ],
    [
      'scopes for a peer',
      ['--scopes', 'read', '--peer', 'a'],
      /--peer is for the token of a peer/,
      environment,
    ],
    ['no room', ['--peer', 'alice'], /--room and --peer, or --scopes, are required/, environment],
    ['no peer', ['--room', 'room'], /--room and --peer, or --scopes, are required/, environment],
    [
      'an unknown key',
      ['--room', 'room', '--peer', 'a', '--key', 'x'],
      /--key: got "x", wants a name in TUREEN_API_KEY/,
      environment,
    ],
    [
      'a lifetime that is none',
      ['--room', 'room', '--peer', 'a', '--hours', 'soon'],
      /--hours: got "soon"/,
      environment,
    ],
    [
      'a lifetime below zero',
      ['--room', 'room', '--peer', 'a', '--hours=-1'],
      /--hours: got "-1"/,
      environment,
    ],
    [
      'grants that are no JSON',
      ['--room', 'room', '--peer', 'a', '--grants', '{'],
      /--grants: got \{, wants/,
      environment,
    ],
    [
      'unknown grants',
      ['--room', 'room', '--peer', 'a', '--grants', '{"fly":true}'],
      /--grants: got/,
      environment,
    ],
    [
      'metadata that is no object',
      ['--room', 'room', '--peer', 'a', '--metadata', '[1]'],
      /--metadata: got \[1\]/,
      environment,
    ],
    ['an unknown option', ['--room', 'room', '--peer', 'a', '--admin'], /--admin/, environment],
    ['no keys', ['--room', 'room', '--peer', 'a'], /TUREEN_API_KEY and TUREEN_API_SECRET are not set/, {}],
    [
      'a short secret',
      ['--room', 'room', '--peer', 'a'],
      /TUREEN_API_SECRET: .* 32 bytes/,
      { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: 'short-secret' },
    ],
  ];
  test.each(mistakes)('with %s says what is wrong and how it is used', async (_what, args, message, env) => {
    const { code, out, err } = await run(args, env);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).toContain('tureen token --room x --peer y');
    expect(err).not.toContain(secret);
    expect(err).not.toContain('short-secret');
  });
});
