import type { SfuError } from '../errors.ts';
import { writeEvent } from './compat.ts';
import type { NotificationData, NotificationName, ResponseFrame } from './wire.ts';

/** The text of a notification, for one client or for many. */
export function notificationText<N extends NotificationName>(name: N, data: NotificationData<N>): string {
  return JSON.stringify({ notification: true, method: name, data: writeEvent(name, data) });
}

/** Most answers hold nothing, so the envelope is written by hand: that is a third of what answering costs. */
export function successText(id: number, data: unknown): string {
  return `{"response":true,"id":${id},"ok":true,"data":${isEmpty(data) ? '{}' : JSON.stringify(data)}}`;
}

function isEmpty(data: unknown): boolean {
  if (data === undefined || data === null) return true;
  if (typeof data !== 'object' || Array.isArray(data)) return false;
  for (const _key in data) return false;
  return true;
}

export function failure(id: number, error: SfuError): ResponseFrame {
  return { response: true, id, ok: false, errorCode: error.status, errorReason: error.reason };
}

/** A close frame has room for 123 bytes of reason (RFC 6455, section 5.5). */
export function closeReason(reason: string): string {
  let cut = reason;
  while (Buffer.byteLength(cut) > 123) cut = cut.slice(0, -1);
  return cut;
}
