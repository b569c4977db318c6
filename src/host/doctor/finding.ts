import type { NetworkInterfaceInfo } from 'node:os';
import type { Config } from '../../config/config.ts';

/** Something that is wrong with the host or the configuration. With a fatal one the node takes no calls. */
export interface Finding {
  readonly severity: 'fatal' | 'warning';
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** What would come of it. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What the checks look at. Tests put other things in the place of the host's. */
export interface Patient {
  readonly config: Config;
  /** The executable of the media worker. */
  readonly workerBin: string;
  readonly now: () => number;
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** The folder in which the kernel tells about network interfaces. */
  readonly netFolder: string;
  /** Bytes of memory that the server may use. */
  readonly memory: () => Promise<number>;
  /** Whether the kernel says that something keeps its clock right; undefined when it does not say. */
  readonly clockKept: () => boolean | undefined;
  /** How many running machines an app on Fly.io has. */
  readonly machinesOf: (app: string) => Promise<number>;
}

/** One thing that is looked at. */
export interface Check {
  readonly name: string;
  /** It binds the ports of the server, so it can only look while the server does not listen. */
  readonly bindsPorts?: boolean;
  /** It takes long, and starting the server shows the same. */
  readonly onlyOnDemand?: boolean;
  readonly look: (patient: Patient) => Finding[] | Promise<Finding[]>;
}

export function fatal(what: string, why: string, remedy: string): Finding {
  return { severity: 'fatal', what, why, remedy };
}

export function warning(what: string, why: string, remedy: string): Finding {
  return { severity: 'warning', what, why, remedy };
}
