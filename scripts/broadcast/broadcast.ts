import { SetupError } from '../machine/console.ts';
import {
  audioTrack,
  commandOf,
  type Progress,
  probe,
  progressOf,
  type Source,
  videoTrack,
} from './ffmpeg.ts';
import type { BroadcastOptions } from './options.ts';
import { BroadcastServer } from './server.ts';

/** How often to check that the broadcast is still in the room. */
const pollIntervalMs = 2000;

export interface BroadcastHost {
  /** Called once, when the broadcast is in the room. */
  readonly onStart: () => void;
  /** Called about once a second. */
  readonly onProgress: (progress: Progress, source: Source) => void;
  /** Ends the broadcast early. */
  readonly signal: AbortSignal;
}

/**
 * Plays a file into a room until it ends, it is removed from the room, or the signal aborts. Then it leaves the room.
 * @throws SetupError with what went wrong and what to do
 */
export async function broadcast(options: BroadcastOptions, host: BroadcastHost): Promise<void> {
  const source = await probe(options.file);
  const server = new BroadcastServer(options);
  await server.enter();
  try {
    const audio = source.audio ? await server.publish(audioTrack) : undefined;
    const video = source.video ? await server.publish(videoTrack(options)) : undefined;
    host.onStart();
    await play(commandOf(options, { audio, video }), { source, server, host });
  } finally {
    await server.leave();
  }
}

async function play(
  command: string[],
  { source, server, host }: { source: Source; server: BroadcastServer; host: BroadcastHost },
): Promise<void> {
  if (host.signal.aborted) return;
  const ffmpeg = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const stop = () => ffmpeg.kill('SIGTERM');
  host.signal.addEventListener('abort', stop, { once: true });
  let ended: string | undefined;
  const watch = setInterval(async () => {
    ended ??= await server.ended();
    if (ended !== undefined) stop();
  }, pollIntervalMs);
  try {
    const errors = new Response(ffmpeg.stderr).text();
    for await (const progress of progressOf(ffmpeg.stdout)) host.onProgress(progress, source);
    const exitCode = await ffmpeg.exited;
    if (ended !== undefined) throw new SetupError(ended);
    if (exitCode !== 0 && !host.signal.aborted)
      throw new SetupError(`ffmpeg ended with exit code ${exitCode}: ${(await errors).trim().slice(-2000)}`);
  } finally {
    clearInterval(watch);
    host.signal.removeEventListener('abort', stop);
    stop();
  }
}
