import type { Sfu } from '../sfu/sfu.ts';
import { askEach } from './ask-each.ts';
import { BucketAway } from './bucket.ts';
import type { Mesh } from './mesh.ts';

export interface ToldOnceOptions {
  readonly mesh: Mesh;
  readonly sfu: Pick<Sfu, 'mesh'>;
}

const askTimeoutMs = 500;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Which of several nodes tells of something: what one node asks the others for that. */
export class ToldOnce {
  constructor(private readonly options: ToldOnceOptions) {}

  /** Whether another node has this life of a room; a node that does not answer may have it. */
  async haveRoom(roomId: string, roomLife: string): Promise<'yes' | 'no' | 'unknown'> {
    const query = { roomId, peerId: null };
    const answers = await askEach(this.options.mesh, 'peer.find', query, askTimeoutMs);
    // One that asks the others at this moment does not know yet which life it has.
    const has = answers.some(({ answer }) => answer && (answer.life === null || answer.life === roomLife));
    if (has) return 'yes';
    return answers.some(({ answer }) => answer === undefined) ? 'unknown' : 'no';
  }

  /** Takes an event for this node, unless another one has: the first that writes its key. */
  async claim(eventId: string): Promise<'won' | 'lost' | 'away'> {
    const { wire, self } = this.options.mesh;
    try {
      const isFirst = await wire.bus.claims.put(eventId, encoder.encode(self.name), 0);
      if (isFirst) return 'won';
      // It may be its own: the answer was lost, or the process ended before it sent what it had claimed.
      const kept = await wire.bus.claims.get(eventId);
      return kept && decoder.decode(kept.value) === self.name ? 'won' : 'lost';
    } catch (error) {
      if (error instanceof BucketAway) return 'away';
      throw error;
    }
  }

  /** Whether any other node is heard. */
  get hearsOthers(): boolean {
    return this.options.mesh.presence.living.length > 0;
  }

  /** Whether this life is the lowest of the living ones that have somebody in a room. */
  isLowest(roomId: string): boolean {
    const { mesh, sfu } = this.options;
    const inRoom = sfu.mesh.lives.inRoom(roomId);
    return mesh.presence.living.every(({ life }) => !inRoom.has(life) || mesh.self.life < life);
  }

  /** Whether a life that was lost is heard again. */
  isThere(life: string): boolean {
    return this.options.mesh.presence.nodes.has(life);
  }

  /** Calls when a node has ended, and when this node has met the others. @returns what ends it */
  onChange(listener: () => void): () => void {
    const { events } = this.options.mesh.presence;
    const stops = [events.on('gone', listener), events.on('entered', listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
