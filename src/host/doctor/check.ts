import type { Finding } from '../../core/findings.ts';
import type { CheckContext } from './context.ts';

export type { Finding } from '../../core/findings.ts';

export interface Check {
  readonly name: string;
  /** It binds the server's own ports, so it can only run while the server does not listen. */
  readonly bindsPorts?: boolean;
  /** It is slow, and a start of the server would show the same; only `tureen doctor` runs it. */
  readonly onlyOnDemand?: boolean;
  /** How long its findings hold on a running node until it looks again, in seconds; a minute unless set. */
  readonly paceSeconds?: number;
  readonly run: (context: CheckContext) => Finding[] | Promise<Finding[]>;
}

export function fatal(what: string, why: string, remedy: string): Finding {
  return { severity: 'fatal', what, why, remedy };
}

export function warning(what: string, why: string, remedy: string): Finding {
  return { severity: 'warning', what, why, remedy };
}
