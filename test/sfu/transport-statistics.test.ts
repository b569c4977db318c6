import { expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { transportStatistics } from '../../src/sfu/media/transport-statistics.ts';
import { startServer } from '../support/server.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

test('a reading that is new enough is used again, and the worker is asked otherwise', async () => {
  await using server = await startServer();
  const { client, recvTransport } = await enter({ server, peerId: 'alice' });
  const { transport } = server.sfu.peer('room', 'alice').webRtcTransport(recvTransport);
  const asked = spyOn(transport, 'getStats');
  const first = await transportStatistics(transport);
  expect(first).toMatchObject({ type: 'webrtc-transport', transportId: recvTransport });
  expect(await transportStatistics(transport, 60_000)).toBe(first as NonNullable<typeof first>);
  expect(asked).toHaveBeenCalledTimes(1);
  const second = await transportStatistics(transport);
  expect(second).not.toBe(first);
  expect(asked).toHaveBeenCalledTimes(2);
  transport.close();
  await expect(transportStatistics(transport)).rejects.toThrow();
  await client.close();
});
