import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnChild, stopChild } from './children.ts';
import { freePort } from './server.ts';

const startTimeoutMs = 15_000;

/** Janus, another SFU, under measurement. */
export interface RunningJanus extends AsyncDisposable {
  readonly pid: number;
  /** Port of its WebSocket interface. */
  readonly port: number;
}

/** Where Debian's package puts the plugins; undefined when Janus is not installed. */
export function findJanus(): { command: string; library: string } | undefined {
  const command = Bun.which('janus');
  if (!command) return undefined;
  const [library] = [...new Bun.Glob('*/janus/plugins/libjanus_videoroom.so').scanSync('/usr/lib')];
  return library ? { command, library: join('/usr/lib', dirname(dirname(library))) } : undefined;
}

export interface JanusOptions {
  readonly eventLoops: number;
  /** Where it is reached; the loopback address unless told. */
  readonly address?: string;
}

/** Starts Janus with its video rooms and nothing else. */
export async function startJanus({ eventLoops, address = '127.0.0.1' }: JanusOptions): Promise<RunningJanus> {
  const janus = findJanus();
  if (!janus) throw new Error('Janus is not installed: apt-get install janus');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tureen-bench-janus-'));
  writeConfiguration(folder, { port, library: janus.library, eventLoops, address });
  const logFile = join(folder, 'janus.log');
  const child = spawnChild([janus.command, '--configs-folder', folder], {
    stdout: Bun.file(logFile),
    stderr: Bun.file(logFile),
    // Like the media workers of the other servers.
    detached: true,
  });
  const stop = async () => {
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(`ws://${address}:${port}`, child);
  } catch (error) {
    const log = readFileSync(logFile, 'utf8').slice(-2000);
    await stop();
    throw new Error(`Janus did not start: ${(error as Error).message}\n${log}`);
  }
  return { pid: child.pid, port, [Symbol.asyncDispose]: stop };
}

interface Configuration {
  port: number;
  library: string;
  eventLoops: number;
  address: string;
}

function writeConfiguration(folder: string, { port, library, eventLoops, address }: Configuration): void {
  const general = `general: {
  configs_folder = "${folder}"
  plugins_folder = "${folder}/plugins"
  transports_folder = "${folder}/transports"
  events_folder = "${folder}/none"
  loggers_folder = "${folder}/none"
  debug_level = 2
  event_loops = ${eventLoops}
}
nat: { ice_enforce_list = "${address}" }
`;
  const sockets = `general: { ws = true, ws_port = ${port}, ws_ip = "${address}", wss = false }\n`;
  const room = 'room-1: { description = "bench", publishers = 4, bitrate = 0, videocodec = "vp8" }\n';
  // Janus loads all plugins of its folder, so give it one with only the needed ones.
  for (const part of ['plugins/libjanus_videoroom.so', 'transports/libjanus_websockets.so']) {
    mkdirSync(dirname(join(folder, part)));
    symlinkSync(join(library, part), join(folder, part));
  }
  mkdirSync(join(folder, 'none'));
  writeFileSync(join(folder, 'janus.jcfg'), general);
  writeFileSync(join(folder, 'janus.transport.websockets.jcfg'), sockets);
  writeFileSync(join(folder, 'janus.plugin.videoroom.jcfg'), room);
}

async function untilListening(url: string, child: Bun.Subprocess): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    if (await accepts(url)) return;
    await Bun.sleep(20);
  }
  throw new Error(`it did not listen at ${url} within ${startTimeoutMs / 1000} seconds`);
}

/** Whether its WebSocket interface is up; the port is open a moment before. */
function accepts(url: string): Promise<boolean> {
  const socket = new WebSocket(url, ['janus-protocol']);
  return new Promise((resolve) => {
    socket.addEventListener('open', () => {
      socket.close();
      resolve(true);
    });
    socket.addEventListener('error', () => resolve(false));
  });
}
