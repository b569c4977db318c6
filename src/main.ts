import { workerBin } from 'mediasoup';
import { LiveConfig } from './app/reload.ts';
import { Server } from './app/server.ts';
import { type Config, ConfigError, readConfig, unknownVariables } from './config/config.ts';
import { envFileVariable, readEnvironment } from './config/env-file.ts';
import { createLogger, type Logger } from './core/log.ts';
import { nodePlace, resolveAddresses } from './host/addresses.ts';
import { thisHost } from './host/doctor/patient.ts';
import { Watch } from './host/doctor/watch.ts';
import { places } from './host/paths.ts';
import { readTls, type TlsPair, TlsWatch } from './host/tls.ts';

interface Running {
  server: Server;
  live: LiveConfig;
  log: Logger;
  tls: TlsPair | undefined;
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
  // An exception outside of every handler must not end the calls of everyone.
  process.on('uncaughtException', (error) => log.error('an exception that nothing caught', { error }));
  process.on('unhandledRejection', (error) => log.error('a rejection that nothing caught', { error }));
  const { server, tls } = await start(config, log).catch((error: Error) => {
    log.error(error.message, { error });
    process.exit(1);
  });
  endOnSignals(server, log);
  reloadOnHangup({ server, live, log, tls });
  announce(server, log);
}

async function start(config: Config, log: Logger) {
  process.env.MEDIASOUP_WORKER_BIN ??= workerBin;
  const watch = new Watch({ patient: thisHost(config, process.env.MEDIASOUP_WORKER_BIN), log });
  const [tls] = await Promise.all([readTls(config), watch.beforeStart()]);
  // A signal to the whole process group must reach the server only, so that it can drain.
  const starter = places.workerStarter;
  const unreadyReasons = () => watch.reasons;
  const server = await Server.start({ config, log, workerBin: starter, tls, unreadyReasons });
  void watch.started();
  return { server, tls };
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

/** The first signal drains, the second one ends at once. */
function endOnSignals(server: Server, log: Logger): void {
  let signals = 0;
  const end = async (signal: NodeJS.Signals) => {
    signals += 1;
    if (signals > 1) {
      log.warn('second signal: ending at once', { signal });
      await server.stop();
      process.exit(1);
    }
    const seconds = server.config.drainSeconds;
    log.info('draining; a second signal ends at once', { signal, seconds });
    const result = await server.sfu.drain({ milliseconds: seconds * 1000 });
    if (result === 'cancelled') {
      signals = 0;
    } else if (signals === 1) {
      await server.stop();
      process.exit(0);
    }
  };
  process.on('SIGTERM', (signal) => void end(signal));
  process.on('SIGINT', (signal) => void end(signal));
}

/** SIGHUP reads the environment file and the certificate again. Without either it ends the program, as by default. */
function reloadOnHangup({ server, live, log, tls: pair }: Running): void {
  const onChange = (changed: TlsPair) => server.replaceTls(changed);
  const certificate = pair && new TlsWatch({ config: live.current, log, pair, onChange });
  if (process.env[envFileVariable] === undefined && certificate === undefined) return;
  process.on('SIGHUP', () => {
    live.reload(process.env, log);
    server.programs.followConfig();
    void certificate?.reload();
  });
}

// Not awaited here: a module that waits cannot be bundled with its bytecode.
void main();
