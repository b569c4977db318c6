import { allowSource, muteSource } from './publishing.ts';
import { restrictPublish } from './publishing-data.ts';
import type { Room } from './room.ts';
import type { StampedRule } from './room-rules.ts';
import { capBitrate } from './transports.ts';

/**
 * Takes over rules that were made on another node. That the room changed is told where it was changed; what it does to
 * the peers of this node is told here.
 */
export function takeRules(room: Room, rules: readonly StampedRule[]): void {
  for (const stamped of room.mesh?.rules.merge(rules) ?? []) take(room, stamped);
}

function take(room: Room, { rule, by }: StampedRule): void {
  switch (rule.name) {
    case 'locked':
      if (room.locked === rule.value) return;
      room.locked = rule.value;
      room.mesh?.events.emit('remoteRoomLocked', { roomId: room.id, locked: rule.value });
      return;
    case 'bitrateCap':
      void capBitrate(room, rule.value);
      return;
    case 'mute':
      if (rule.value)
        muteSource(room, { ...rule, by }).catch((error: unknown) => {
          // It is held from now on; a producer that closes at this moment needs no pause.
          room.log.warn('a mute of another node did not reach the worker', { subject: rule.subject, error });
        });
      else allowSource(room, { ...rule, by });
      room.mesh?.roster.restricted(rule.subject);
      return;
    case 'publish':
      return restrictPublish(room, { subject: rule.subject, publish: rule.value, by });
    case 'maxPeers':
      return room.takeOptions({ maxPeers: rule.value ?? undefined });
    case 'emptySeconds':
      return room.takeOptions({ emptySeconds: rule.value ?? undefined });
    case 'metadata':
      return room.takeOptions({ metadata: rule.value ?? undefined });
  }
}
