import { expect, setDefaultTimeout, test } from 'bun:test';
import { systemClock } from '../../src/core/clock.ts';
import { Program } from '../support/program.ts';
import { entry, secret, webhookWorld } from './world.ts';

setDefaultTimeout(60_000);

test('the receiver of the documentation takes what is signed and refuses what is not', async () => {
  await using receiver = new Program({
    command: [process.execPath, 'examples/webhook-receiver/receiver.ts'],
    environment: { WEBHOOK_SECRET: secret },
  });
  await receiver.prints('listening on');
  const port = /listening on http:\/\/[^:]+:(\d+)/.exec(receiver.output)?.[1];
  const url = `http://127.0.0.1:${port}/`;
  const forged = await fetch(url, {
    method: 'POST',
    body: '{}',
    headers: { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' },
  });
  expect(forged.status).toBe(400);
  await using world = webhookWorld({ config: { webhooks: [entry('one', url)] }, clock: systemClock });
  world.open('a');
  world.close('a');
  await receiver.prints('room_finished a 2');
  const lines = receiver.output.split('\n').filter((line) => line.includes('room_'));
  expect(lines.map((line) => line.split(' ').slice(1).join(' '))).toEqual([
    'room_started a 1',
    'room_finished a 2',
  ]);
});
