import { type Random, randomOf } from '../../../../test/support/random.ts';
import { tokenFor } from '../../../../test/support/server.ts';

/** Where a guest goes, and what it needs for that. */
export interface Place {
  readonly port: number;
  readonly roomId: string;
  readonly peerId: string;
  readonly random: Random;
  /** A program's key with every scope. */
  readonly key: string;
  /** Gives an SSRC that nobody used before, with free ones after it. */
  readonly ssrc: () => number;
}

/** A client of some kind that is in a room. */
export interface Guest {
  readonly place: Pick<Place, 'roomId' | 'peerId'>;
  /** Whether it has learned that it lost its place. */
  readonly gone: boolean;
  /** Does one of the things that such clients do. */
  act(): Promise<void>;
  /** Goes, in one of the ways in which such clients go. */
  leave(): Promise<void>;
}

export type Enter = (place: Place) => Promise<Guest>;

export { type Random, randomOf };

export async function tokenOf({ roomId, peerId }: Place): Promise<string> {
  return await tokenFor(roomId, peerId);
}
