import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env-file.ts';
import { Program } from '../support/program.ts';
import { testKey, testSecret, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry } from '../webhooks/world.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-reload-'));
  file = join(folder, 'tureen.env');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function mistakesOf(path: string): readonly string[] {
  try {
    readEnvironment({ TUREEN_ENV_FILE: path });
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the environment file', () => {
  test('holds a variable a line, and the environment of the process wins over it', async () => {
    await Bun.write(
      file,
      '# comment\n\nLOG_LEVEL=debug\nexport PORT="4000"\nTUREEN_NODE=\'a = b\'\nEMPTY=\r\n',
    );
    expect(readEnvironment({ TUREEN_ENV_FILE: file, PORT: '5000' })).toEqual({
      LOG_LEVEL: 'debug',
      PORT: '5000',
      TUREEN_NODE: 'a = b',
      EMPTY: '',
      TUREEN_ENV_FILE: file,
    });
  });

  test('that is missing, or has a line that is no variable, is a mistake that shows no secret', async () => {
    expect(mistakesOf(join(folder, 'none'))[0]).toMatch(/^TUREEN_ENV_FILE: got ".*none", wants a file/);
    await Bun.write(file, 'LOG_LEVEL=info\nmy secret\n');
    expect(mistakesOf(file)).toEqual([`${file}: line 2 is wrong, wants NAME=value`]);
  });
});

describe('SIGHUP', () => {
  const fixed = { ...withKeys, TUREEN_API_KEY: undefined, TUREEN_API_SECRET: undefined };
  const keyLines = `TUREEN_API_KEY=${testKey}\nTUREEN_API_SECRET=${testSecret}\n`;

  async function start(lines: string): Promise<Program> {
    await Bun.write(file, keyLines + lines);
    return await Program.start({ environment: { ...fixed, TUREEN_ENV_FILE: file } });
  }

  async function connect(program: Program, peerId: string, options: { key?: string; secret?: string } = {}) {
    const token = await tokenFor('room', peerId, options);
    return await SignalingClient.connect({ server: program, peerId, token });
  }

  test('takes over what can change, says what needs a restart, and calls go on', async () => {
    await using program = await start('TUREEN_MAX_PEERS_PER_ROOM=1\n');
    const alice = await connect(program, 'alice');
    await alice.request('join', { displayName: 'Alice' });
    const refused = await connect(program, 'bob');
    expect((await refused.closed).reason).toStartWith('room_full');
    const added = 'added-secret-of-more-than-thirty-two-bytes';
    await Bun.write(
      file,
      `TUREEN_API_KEY=${testKey},added\nTUREEN_API_SECRET=${testSecret},${added}\nTUREEN_MAX_PEERS_PER_ROOM=2\nLOG_LEVEL=debug\nTUREEN_WORKERS=2\nTUREEN_CODECS=VP8\n`,
    );
    program.process.kill('SIGHUP');
    await program.prints('configuration read again');
    expect(program.logged('a setting has changed')).toMatchObject([
      { setting: 'LOG_LEVEL', from: 'info', to: 'debug' },
      { setting: 'TUREEN_MAX_PEERS_PER_ROOM', from: 1, to: 2 },
      { setting: 'TUREEN_API_KEY', keys: [testKey, 'added'] },
    ]);
    expect(program.logged('settings that have changed need a restart')).toMatchObject([
      { settings: ['TUREEN_CODECS'] },
    ]);
    const bob = await connect(program, 'bob', { key: 'added', secret: added });
    await bob.request('join', { displayName: 'Bob' });
    await alice.waitFor('newPeer');
    expect(program.output).not.toContain(added);
  });

  test('gives what happens from then on to a receiver of webhooks that the file names now', async () => {
    await using receiver = new WebhookReceiver();
    await using program = await start('');
    const alice = await connect(program, 'alice');
    await alice.request('join', { displayName: 'Alice' });
    const receivers = JSON.stringify([entry('added', receiver.url)]);
    await Bun.write(file, `${keyLines}TUREEN_WEBHOOKS=${receivers}\nTUREEN_WEBHOOK_ALLOW=127.0.0.1\n`);
    program.process.kill('SIGHUP');
    await program.prints('configuration read again');
    await alice.request('changeDisplayName', { displayName: 'Alice Liddell' });
    await receiver.takes(1);
    // The room was opened and entered before anybody wanted to be told.
    expect(receiver.taken[0]?.event).toMatchObject({ type: 'peer_renamed', sequence: 3 });
  });

  test('with a wrong file changes nothing at all and says every mistake', async () => {
    await using program = await start('TUREEN_MAX_PEERS_PER_ROOM=1\n');
    await Bun.write(
      file,
      `${keyLines}TUREEN_MAX_PEERS_PER_ROOM=2\nLOG_LEVEL=loud\nTUREEN_DRAIN_SECONDS=soon\n`,
    );
    program.process.kill('SIGHUP');
    await program.prints('was not taken over');
    expect(program.logged('the configuration is wrong and was not taken over')[0]?.mistakes).toEqual([
      'LOG_LEVEL: got "loud", wants one of debug, info, warn, error',
      'TUREEN_DRAIN_SECONDS: got "soon", wants a whole number of seconds from 0 to 86400',
    ]);
    const alice = await connect(program, 'alice');
    await alice.request('join', { displayName: 'Alice' });
    expect((await (await connect(program, 'bob')).closed).reason).toStartWith('room_full');
  });

  test('does not let the keys go, for that would open the server to everyone', async () => {
    await using program = await start('');
    await Bun.write(file, '');
    program.process.kill('SIGHUP');
    await program.prints('was not taken over');
    expect(program.output).toContain('wants a restart');
    const stranger = await SignalingClient.connect({ server: program });
    expect((await stranger.closed).reason).toStartWith('unauthorized');
  });

  test('ends a server that has nothing to read again, as a closed terminal does', async () => {
    await using program = await Program.start();
    program.process.kill('SIGHUP');
    await program.process.exited;
    expect(program.process.signalCode).toBe('SIGHUP');
  });
});
