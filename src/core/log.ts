import { standardOutput } from './log-sink.ts';

/** Structured logging: one JSON object a line, on standard output. Tokens and secrets are never passed to it. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

const rank: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines also carry these fields, for example the room and the peer. */
  child(context: LogFields): Logger;
}

export interface LoggerOptions {
  /** Looked at for every line, so that it can change. */
  readonly level: LogLevel;
  /** Takes one line without its line end; standard output unless set. Must not throw. */
  write?: (line: string) => void;
  /** Milliseconds since the epoch; the system's clock unless set. */
  now?: () => number;
}

export function createLogger(options: LoggerOptions, context: LogFields = {}): Logger {
  const { write = (line: string) => standardOutput.write(line), now = Date.now } = options;
  const log = (lineLevel: LogLevel) => (message: string, fields?: LogFields) => {
    if (rank[lineLevel] < rank[options.level]) return;
    const own = { time: new Date(now()).toISOString(), level: lineLevel, message };
    // A field must not take the place of what every line has, but these come first to be read first.
    write(formatLine(Object.assign({}, own, context, fields, own)));
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (more) => createLogger(options, { ...context, ...more }),
  };
}

/** A logger that writes nothing, for tests and tools. */
export const silentLogger: Logger = createLogger({ level: 'error', write: () => {} });

function formatLine(fields: LogFields): string {
  try {
    return JSON.stringify(fields, describeErrors);
  } catch (error) {
    // A field with a cycle must not lose the line that it is part of.
    return JSON.stringify({
      time: fields.time,
      level: fields.level,
      message: fields.message,
      logError: String(error),
    });
  }
}

/** JSON shows an Error as {}: what is wanted of it is its message, code and stack. */
function describeErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return {
    name: value.name,
    message: value.message,
    ...('code' in value ? { code: value.code } : {}),
    stack: value.stack,
    ...(value.cause === undefined ? {} : { cause: value.cause }),
    ...(value instanceof SuppressedError ? { error: value.error, suppressed: value.suppressed } : {}),
  };
}
