import { workerBin } from 'mediasoup';
import { LiveConfig } from './app/reload.ts';
import { Server } from './app/server.ts';
import { type Config, ConfigError, readConfig, unknownVariables } from './config/config.ts';
import { envFileVariable, readEnvironment } from './config/env-file.ts';
import { createLogger, type Logger } from './core/log.ts';
import { standardOutput } from './core/log-sink.ts';
import { nodePlace, resolveAddresses } from './host/addresses.ts';
import { hostContext } from './host/doctor/context.ts';
import { SelfCheck } from './host/doctor/self-check.ts';
import { places } from './host/paths.ts';
import { readTls, type TlsPair, TlsWatch } from './host/tls.ts';

/** How long the last lines of the log may take, when nobody reads them. */
const logFlushTimeoutMs = 1000;

interface Program {
  readonly live: LiveConfig;
  readonly log: Logger;
  /** How to end what was started, in the order of the start. */
  readonly ends: AsyncDisposableStack;
  /** Ends what was started, and then the process. A second call waits for the first. */
  readonly exit: (code: number) => Promise<never>;
  /** Set once it runs. */
  server?: Server;
}

/** The only file with side effects: configuration, self-check, server, signals, exit. */
async function main(): Promise<void> {
  const live = new LiveConfig(await configOrExit());
  const config = live.current;
  const log = createLogger({
    get level() {
      return config.logLevel;
    },
  });
  for (const name of unknownVariables(readEnvironment(process.env)))
    log.warn('an unknown variable is ignored; is it misspelt?', { name });
  // A mistake in one place must not end everybody's calls.
  process.on('uncaughtException', (error) => log.error('uncaught exception', { error }));
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }));
  const ends = new AsyncDisposableStack();
  const program: Program = { live, log, ends, exit: exitAfter(ends, log) };
  endOnSignals(program);
  try {
    program.server = await start(program);
    announce(program.server, log);
  } catch (error) {
    log.error((error as Error).message, { error });
    await program.exit(1);
  }
}

async function start(program: Program): Promise<Server> {
  const { live, log, ends } = program;
  const config = live.current;
  process.env.MEDIASOUP_WORKER_BIN ??= workerBin;
  const context = hostContext(config, process.env.MEDIASOUP_WORKER_BIN);
  const selfCheck = ends.adopt(new SelfCheck({ context, log }), (check) => check.close());
  const [tls] = await Promise.all([readTls(config), selfCheck.beforeStart()]);
  // A signal to the whole process group must not end the workers: calls go on while the server drains.
  const starter = places.workerStarter;
  const host = () => selfCheck.state;
  const server = ends.use(await Server.start({ config, log, workerBin: starter, tls, host }));
  void selfCheck.started();
  reloadOnHangup(program, server, tls && watchCertificate(program, server, tls));
  return server;
}

function exitAfter(ends: AsyncDisposableStack, log: Logger): Program['exit'] {
  let ended: Promise<void> | undefined;
  return async (code) => {
    ended ??= ends
      .disposeAsync()
      .catch((error: unknown) => log.error('a part could not be ended', { error }));
    await ended;
    await standardOutput.flush(logFlushTimeoutMs);
    process.exit(code);
  };
}

async function configOrExit(): Promise<Config> {
  try {
    return await resolveAddresses(readConfig(readEnvironment(process.env)));
  } catch (error) {
    const mistakes = error instanceof ConfigError ? error.mistakes : [(error as Error).message];
    for (const mistake of mistakes) console.error(mistake);
    console.error('The server was not started. docs/configuration.md explains every variable.');
    process.exit(1);
  }
}

function announce({ url, config, admin }: Server, log: Logger): void {
  const { workers, developmentMode } = config;
  log.info('ready', { url, workers, developmentMode, ...nodePlace(config) });
  if (developmentMode) {
    console.error(
      'Development mode: anyone on this machine may enter any room, and nobody else. Set TUREEN_API_KEY and TUREEN_API_SECRET to serve others.',
    );
  }
  console.error(`Tureen is ready. Try a call: ${url}`);
  const address = admin.address(url);
  const setup = admin.setupLink(url);
  if (setup) console.error(`The dashboard has no users yet. This link makes the first admin, once: ${setup}`);
  else if (address) console.error(`Dashboard: ${address}`);
}

/** A signal during the start ends the program. Afterwards the first one drains, and the second one ends at once. */
function endOnSignals(program: Program): void {
  let signals = 0;
  const end = async (signal: NodeJS.Signals) => {
    const { server, log, exit } = program;
    signals += 1;
    if (!server) {
      log.info('ended by a signal before the server was ready', { signal });
      await exit(0);
    } else if (signals > 1) {
      log.warn('second signal: ending at once', { signal });
      await exit(1);
    } else {
      const seconds = server.config.drainSeconds;
      log.info('draining; a second signal ends at once', { signal, seconds });
      const result = await server.sfu.drain({ milliseconds: seconds * 1000 });
      if (result === 'cancelled') signals = 0;
      else if (signals === 1) await exit(0);
    }
  };
  process.on('SIGTERM', (signal) => void end(signal));
  process.on('SIGINT', (signal) => void end(signal));
}

function watchCertificate({ live, log, ends }: Program, server: Server, pair: TlsPair): TlsWatch {
  const onChange = (changed: TlsPair) => server.replaceTls(changed);
  const watch = new TlsWatch({ config: live.current, log, pair, onChange });
  return ends.adopt(watch, (certificate) => certificate.close());
}

/** SIGHUP reads the environment file and the certificate again. Without either it ends the program, its default. */
function reloadOnHangup({ live, log, ends }: Program, server: Server, certificate?: TlsWatch): void {
  if (process.env[envFileVariable] === undefined && certificate === undefined) return;
  process.on('SIGHUP', () => {
    if (ends.disposed) return;
    live.reload(process.env, log);
    server.programs.followConfig();
    void certificate?.reload();
  });
}

// Not awaited here: a module that waits cannot be bundled with its bytecode.
void main();
