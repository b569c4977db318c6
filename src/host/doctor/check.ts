import type { CheckContext } from './context.ts';

/** Something that is wrong with the host or the configuration. A fatal one means that calls cannot work. */
export interface Finding {
  readonly severity: 'fatal' | 'warning';
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** The consequence. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface Check {
  readonly name: string;
  /** It binds the server's own ports, so it can only run while the server does not listen. */
  readonly bindsPorts?: boolean;
  /** It is slow, and a start of the server would show the same; only `tureen doctor` runs it. */
  readonly onlyOnDemand?: boolean;
  readonly run: (context: CheckContext) => Finding[] | Promise<Finding[]>;
}

export function fatal(what: string, why: string, remedy: string): Finding {
  return { severity: 'fatal', what, why, remedy };
}

export function warning(what: string, why: string, remedy: string): Finding {
  return { severity: 'warning', what, why, remedy };
}
