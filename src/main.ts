import { fileURLToPath } from 'node:url';
import { workerBin } from 'mediasoup';
import { ConfigError, type Environment, readConfig, unknownVariables } from './config.ts';
import { createLogger, type Logger } from './log.ts';
import { Server } from './server.ts';

/** The only file with side effects: configuration, server, signals, exit. */
async function main(): Promise<void> {
  const config = configOrExit(process.env);
  const log = createLogger({ level: config.logLevel });
  for (const name of unknownVariables(process.env))
    log.warn('an unknown variable is ignored; is it misspelt?', { name });
  // An exception outside of every handler must not end the calls of everyone.
  process.on('uncaughtException', (error) => log.error('an exception that nothing caught', { error }));
  process.on('unhandledRejection', (error) => log.error('a rejection that nothing caught', { error }));
  const server = await Server.start({ config, log, workerBin: workerInOwnSession() }).catch(
    (error: Error) => {
      log.error(error.message, { error });
      process.exit(1);
    },
  );
  announce(server, log);
  endOnSignals(server, log);
}

/** A signal to the whole process group must reach the server only, so that it can drain. */
function workerInOwnSession(): string {
  process.env.MEDIASOUP_WORKER_BIN ??= workerBin;
  return fileURLToPath(new URL('../worker/own-session.sh', import.meta.url));
}

function configOrExit(environment: Environment) {
  try {
    return readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const mistake of error.mistakes) console.error(mistake);
    console.error('The server was not started. docs/configuration.md explains every variable.');
    process.exit(1);
  }
}

function announce({ url, config }: Server, log: Logger): void {
  log.info('ready', { url, workers: config.workers, developmentMode: config.developmentMode });
  if (config.developmentMode) {
    console.error(
      'Development mode: anyone on this machine may enter any room, and nobody else. Set TUREEN_API_KEY and TUREEN_API_SECRET to serve others.',
    );
  }
  console.error(`Tureen is ready. Try a call: ${url}`);
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

await main();
