import { expect, spyOn, test } from 'bun:test';
import { compileFromFirstRoom } from '../../src/app/jit.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { createLogger } from '../../src/core/log.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';

test('the engine compiles as by default from the first room on', () => {
  const policy = spyOn(Bun.unsafe, 'setJITPolicy').mockImplementation(() => {});
  try {
    const events = new EventBus<SfuEvents>(createLogger({ level: 'error' }));
    compileFromFirstRoom(events);
    expect(policy).not.toHaveBeenCalled();
    events.emit('roomOpened', { roomId: 'one', workerIndex: 0 });
    events.emit('roomOpened', { roomId: 'two', workerIndex: 0 });
    expect(policy.mock.calls).toEqual([[1]]);
  } finally {
    policy.mockRestore();
  }
});
