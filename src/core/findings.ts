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

/** A finding with the name of the check that found it. */
export interface CheckFinding extends Finding {
  readonly check: string;
}

/** What is measured of the host; undefined where there is nothing of the kind, or where it cannot be read. */
export interface HostMeasures {
  /** Bytes that are free in the folder of the database. */
  readonly dataFreeBytes: number | undefined;
  /** When the server's certificate ends, in milliseconds since the epoch. */
  readonly certificateEnd: number | undefined;
  /** Whether the clock is kept by a time service. */
  readonly clockSynchronized: boolean | undefined;
}

/** What the self-check of a running node knows. */
export interface HostState {
  /** The names of all checks that a running node goes through. */
  readonly checks: readonly string[];
  readonly findings: readonly CheckFinding[];
  readonly measures: HostMeasures;
}
