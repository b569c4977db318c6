import type { SfuBus } from '../../src/sfu/events.ts';
import { rooms, transports } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** How rooms and transports come and go. */
export function followRooms(page: Page, events: SfuBus): void {
  events.on('roomOpened', () => page.add(rooms.roomsOpened));
  events.on('roomClosed', ({ reason }) => page.add(rooms.roomsClosed, 1, { reason }));
  events.on('transportOpened', () => page.add(transports.transportsOpened));
  events.on('transportClosed', ({ reason, course }) => {
    page.add(transports.transportCloses, 1, { reason });
    const failure = course === 'never_connected' ? course : reason;
    if (failure === 'never_connected' || failure === 'ice_failed' || failure === 'dtls_failed') {
      page.add(transports.transportFailures, 1, { reason: failure });
    }
  });
}
