import type { Actor } from '../../core/actors.ts';
import type { PublishDecision } from '../../core/grants.ts';
import { allowSource, muteSource, type SubjectSource } from './publishing.ts';
import { restrictPublish } from './publishing-data.ts';
import type { Room } from './room.ts';
import type { RoomChanges } from './room-options.ts';
import { rulesOf } from './room-rules.ts';
import { capBitrate } from './transports.ts';

/** What is decided about a room on this node: it takes effect here, and holds on every other node that has the room. */

export async function mute(room: Room, muted: SubjectSource): Promise<void> {
  const { by, ...what } = muted;
  room.mesh?.rules.set([{ name: 'mute', ...what, value: true }], by);
  const muting = muteSource(room, muted);
  room.mesh?.roster.restricted(muted.subject);
  await muting;
}

export function allow(room: Room, allowed: SubjectSource): void {
  const { by, ...what } = allowed;
  room.mesh?.rules.set([{ name: 'mute', ...what, value: false }], by);
  allowSource(room, allowed);
  room.mesh?.roster.restricted(allowed.subject);
}

export function restrict(
  room: Room,
  { subject, publish, by }: { subject: string; publish: PublishDecision; by: Actor },
): void {
  room.mesh?.rules.set([{ name: 'publish', subject, value: publish }], by);
  restrictPublish(room, { subject, publish, by });
}

export function lock(room: Room, locked: boolean, by: Actor): void {
  room.mesh?.rules.set([{ name: 'locked', value: locked }], by);
  room.setLocked(locked, by);
}

export async function cap(room: Room, bitrate: number | null, by: Actor): Promise<void> {
  room.mesh?.rules.set([{ name: 'bitrateCap', value: bitrate }], by);
  await capBitrate(room, bitrate);
}

export function change(room: Room, changes: RoomChanges, by: Actor): void {
  room.mesh?.rules.set(rulesOf(changes), by);
  room.change(changes, by);
}
