import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { offerNames, open } from './whip-client.ts';

/** Set to write what is there now as the files to compare with; then read what git says has changed. */
const writes = process.env.UPDATE_GOLDEN !== undefined;

let server: Server;

beforeAll(async () => {
  // The answers hold every address that is listened on, which must not depend on the machine.
  server = await startServer({ TUREEN_LISTEN_IP: '127.0.0.1' });
});

afterAll(async () => {
  await server.stop();
});

/** Compares with a file, line by line. */
async function expectGolden(name: string, text: string): Promise<void> {
  const path = join(import.meta.dir, 'golden', `${name}.txt`);
  if (writes) await Bun.write(path, text);
  expect(text.split('\n')).toEqual((await Bun.file(path).text()).split('\n'));
}

/** An answer without what is different each time. */
function steady(answer: string): string {
  return answer
    .replaceAll('\r\n', '\n')
    .replace(/^o=.*$/m, 'o=...')
    .replaceAll(/^(a=(?:ice-ufrag|ice-pwd|fingerprint|candidate)):.*$/gm, '$1:...')
    .replaceAll(/^a=ssrc:\d+ (cname|msid):.*$/gm, 'a=ssrc:... $1:...')
    .replaceAll(/^a=ssrc-group:FID .*$/gm, 'a=ssrc-group:FID ...')
    .replaceAll(/^a=msid:.*$/gm, 'a=msid:...');
}

describe('the real router takes what real publishers offer', async () => {
  for (const name of await offerNames('publishers')) {
    test(name, async () => {
      const response = await open(server, `/whip/${name}?peerId=camera`, { offer: name });
      const answer = await response.text();
      expect(response.status, answer).toBe(201);
      const publications = [...server.sfu.peer(name, 'camera').publications.values()];
      const parameters = publications.map(({ producer }) => {
        // What the sender does not name is chosen anew each time.
        const { rtcp, ...rest } = producer.rtpParameters;
        return { kind: producer.kind, type: producer.type, ...rest };
      });
      await expectGolden(name, `${steady(answer)}\n${JSON.stringify(parameters, null, 2)}\n`);
    });
  }
});

describe('real players get an answer in the numbers of their own offers', async () => {
  for (const name of await offerNames('players')) {
    test(name, async () => {
      await open(server, `/whip/${name}?peerId=camera`, { offer: 'chromium-simulcast' });
      const response = await open(server, `/whep/${name}`, { offer: name });
      const answer = await response.text();
      expect(response.status, answer).toBe(201);
      await expectGolden(name, steady(answer));
    });
  }
});

test('a player that asks for an offer gets one in the numbers of the room, with retransmissions', async () => {
  await open(server, '/whip/counter?peerId=camera', { offer: 'chromium-simulcast' });
  const response = await open(server, '/whep/counter?offer=server', { offer: 'chromium-player' });
  expect(response.status).toBe(406);
  expect(response.headers.get('content-type')).toBe('application/sdp');
  await expectGolden('chromium-player-counter', steady(await response.text()));
});
