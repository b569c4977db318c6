import { writeEvent } from './compat.ts';
import type { NotificationData, NotificationName } from './messages.ts';

/** The text of a notification. It can be sent to many clients. */
export function notificationText<N extends NotificationName>(name: N, data: NotificationData<N>): string {
  return JSON.stringify({ notification: true, method: name, data: writeEvent(name, data) });
}

/**
 * The text of a successful reply. Most replies have no data, so the envelope is written by hand: that saves a third of
 * the cost of a reply.
 */
export function successText(id: number, data: unknown): string {
  return `{"response":true,"id":${id},"ok":true,"data":${isEmpty(data) ? '{}' : JSON.stringify(data)}}`;
}

function isEmpty(data: unknown): boolean {
  if (data === undefined || data === null) return true;
  if (typeof data !== 'object' || Array.isArray(data)) return false;
  for (const _key in data) return false;
  return true;
}
