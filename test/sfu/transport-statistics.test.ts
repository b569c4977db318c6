import { expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { startServer } from '../support/server.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

test('a reading that is new enough is used again, and the worker is asked otherwise', async () => {
  await using server = await startServer();
  const { client, recvTransport: id } = await enter({ server, peerId: 'alice' });
  const { transport } = server.sfu.peer('room', 'alice').webRtcTransport(id);
  const asked = spyOn(transport, 'getStats');
  const read = (maxAge?: number) => server.sfu.read.statistics({ roomId: 'room', id, maxAge });
  const first = await read();
  expect(first).toMatchObject([{ type: 'webrtc-transport', transportId: id }]);
  expect(await read(60_000)).toBe(first);
  expect(asked).toHaveBeenCalledTimes(1);
  const second = await read();
  expect(second).not.toBe(first);
  expect(asked).toHaveBeenCalledTimes(2);
  transport.close();
  await expect(read(60_000)).rejects.toMatchObject({ code: 'not_found' });
  await client.close();
});
