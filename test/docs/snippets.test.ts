import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { webhookExamples } from '../../docs/webhook-examples.ts';
import { verifiedClaims, verifyToken } from '../../src/access/tokens.ts';
import { usePackages } from '../packages/use-packages.ts';
import { outsideProject } from '../support/outside-project.ts';
import { freePort } from '../support/port.ts';
import { run, succeed } from '../support/run.ts';
import { testKey, testSecret } from '../support/server.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

const { tarballsOf } = usePackages();
const root = join(import.meta.dir, '..', '..');
const node = Bun.which('node') ?? process.execPath;
// Debian's own, for which its packages are.
const python = '/usr/bin/python3';
const environment = { ...process.env, TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret };

async function blocks(page: string, language: string): Promise<string[]> {
  const text = await Bun.file(join(root, 'docs', page)).text();
  const found = text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'));
  return [...found].map(([, code = '']) => code);
}

const apiKeys = new Map([[testKey, testSecret]]);

test('tokens that the snippets in JavaScript and Python make are taken', async () => {
  await using project = await outsideProject('node', await tarballsOf('tureen-server-sdk'));
  const [forPeer = '', forProgram = ''] = await blocks('tokens.md', 'js');
  const [inPython = ''] = await blocks('tokens.md', 'python');
  const minted = async (code: string) => {
    await Bun.write(join(project.folder, 'snippet.mjs'), `${code}\nconsole.log(token);`);
    return (await succeed([node, 'snippet.mjs'], { cwd: project.folder, environment })).trim();
  };
  const tokens = [
    await minted(forPeer),
    (await succeed([python, '-c', `${inPython}\nprint(token)`], { environment })).trim(),
  ];
  const target = { roomId: 'standup', peerId: 'alice' };
  for (const token of tokens)
    expect(await verifyToken(token, { apiKeys, target, now: Date.now() })).toMatchObject({
      displayName: 'Alice',
      grants: { publish: ['audio', 'video'], subscribe: true },
    });
  const claims = await verifiedClaims(await minted(forProgram), { apiKeys, now: Date.now() });
  expect(claims).toMatchObject({ sub: 'backend', api: { scopes: ['read', 'moderate'] } });
});

const secret = `whsec_${Buffer.from('a secret of twenty-four bytes and more').toString('base64')}`;

/** A signed webhook as it is sent, and one that somebody has changed on its way. */
function webhook() {
  const body = webhookExamples().get('peer_left') ?? '';
  const { id } = JSON.parse(body);
  const now = new Date();
  const headers = {
    'webhook-id': id as string,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': `v1,AAAA ${new Webhook(secret).sign(id, now, body)}`,
  };
  return { headers, body, changed: body.replace('alice', 'malice') };
}

test('the receiver in JavaScript takes what is signed, and nothing else', async () => {
  await using project = await outsideProject('node', await tarballsOf('tureen-server-sdk'));
  const [receiver = ''] = await blocks('webhooks.md', 'js');
  await Bun.write(join(project.folder, 'receiver.mjs'), receiver);
  const port = await freePort();
  const child = Bun.spawn([node, 'receiver.mjs'], {
    cwd: project.folder,
    env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret },
    stdout: 'pipe',
    stderr: 'inherit',
  });
  try {
    const { headers, body, changed } = webhook();
    const post = (text: string) =>
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: text, headers }).then(
        ({ status }) => status,
        () => 0,
      );
    await until(async () => (await post(body)) === 204, 'the receiver');
    expect(await post(changed)).toBe(400);
  } finally {
    child.kill();
    await child.exited;
  }
  expect(await new Response(child.stdout).text()).toBe('alice removed\n');
});

test('the function in Python takes what is signed, and nothing else', async () => {
  const [verify = ''] = await blocks('webhooks.md', 'python');
  const script = `${verify}
import sys
given = json.loads(sys.stdin.read())
print(verify(given["secret"], given["headers"], given["body"].encode())["type"])`;
  const { headers, body, changed } = webhook();
  const verified = (changes: object) =>
    run([python, '-c', script], { input: JSON.stringify({ secret, headers, body, ...changes }) });
  expect((await verified({})).out).toBe('peer_left\n');
  expect((await verified({ body: changed })).err).toContain('no signature matches');
  const old = { ...headers, 'webhook-timestamp': '1700000000' };
  expect((await verified({ headers: old })).err).toContain('too old');
});
