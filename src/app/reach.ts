import { meshCommands } from '../cluster/commands/start.ts';
import type { Mesh } from '../cluster/mesh.ts';
import { MeshReads } from '../cluster/reads/mesh-reads.ts';
import { CaptureCommands } from '../commands/captures.ts';
import { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Store } from '../store/store.ts';
import type { PeerCourses } from '../timelines/courses.ts';
import { aboutNode } from './mesh.ts';

export interface ReachOptions {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly store: Store;
  /** Undefined for a server that is alone. */
  readonly mesh: Mesh | undefined;
  readonly courses: Pick<PeerCourses, 'of'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How far this node reaches. */
export interface Reach {
  /** What the other nodes have; undefined for a server that is alone. */
  readonly reads: MeshReads | undefined;
  /** What moderators and programs do: on every node of the mesh, or on this one. */
  readonly commands: Commands;
  /** Captures of what peers send there. */
  readonly captures: CaptureCommands;
}

/** From now on this node also carries out what others ask. */
export function reachOf({ config, sfu, store, mesh, courses, log, clock }: ReachOptions): Reach {
  const now = () => clock.now();
  if (!mesh)
    return {
      reads: undefined,
      commands: new Commands(sfu, store, now),
      captures: new CaptureCommands(sfu, store),
    };
  const reads = new MeshReads({
    ...{ mesh, sfu, clock, auditLog: store.audit, timelines: store.timelines },
    about: () => aboutNode(config, sfu),
    courseNow: (roomId, peerId) => courses.of(roomId, peerId),
  });
  return { reads, ...meshCommands({ mesh, sfu, store, now, log, clock }) };
}
