import { type SfuError, toSfuError } from '../core/errors.ts';
import type { AuditIntent } from '../store/audit.ts';
import { isStorageError } from '../store/storage-trouble.ts';
import type { Store } from '../store/store.ts';

export interface AuditedWork<T, P> {
  /** Database writes that share a transaction with the intent. */
  prepare: () => P;
  command: (prepared: P) => T | Promise<T>;
  /** The result as the audit log has it; `done` by default. */
  describeResult?: (result: T) => string;
  /** For what has to be done also when it cannot be recorded. Left out, it is then not done. */
  unrecorded?: {
    /** Takes the place of `prepare`, without the database. */
    readonly prepare: (error: SfuError) => P;
    /** Learns that there is no record yet, and why. */
    readonly warn: (error: SfuError) => void;
  };
}

type AuditStore = Pick<Store, 'audit' | 'transaction' | 'synced'>;

/**
 * Carries out a command, with its intent written to the audit log before and its result after. The command begins in
 * the same turn of the event loop as the call; the answer comes when both are on the disk.
 * @returns what the command returned
 * @throws SfuError storage_unavailable, storage_busy, and those of the command
 */
export async function audited<T, P>(
  store: AuditStore,
  asked: AuditIntent & { readonly askedOn?: string },
  work: AuditedWork<T, P>,
): Promise<T> {
  const { askedOn } = asked;
  const intent = askedOn === undefined ? asked : { ...asked, details: { ...asked.details, askedOn } };
  const { prepare, command, describeResult, unrecorded } = work;
  const begun = begin(store, intent, prepare);
  if ('error' in begun) {
    if (!unrecorded) throw begun.error;
    return await runUnrecorded(store, intent, { ...work, unrecorded, error: begun.error });
  }
  try {
    const result = await command(begun.prepared);
    store.audit.finish(begun.id, describeResult?.(result) ?? 'done');
    await store.synced().catch((error: unknown) => {
      if (!unrecorded) throw error;
      unrecorded.warn(toSfuError(error));
    });
    return result;
  } catch (error) {
    store.audit.finish(begun.id, `failed: ${toSfuError(error).reason}`);
    throw error;
  }
}

/** Writes the intent. @returns the error when the disk is the reason that it could not be written */
function begin<P>(
  store: AuditStore,
  intent: AuditIntent,
  prepare: () => P,
): { readonly id: number; readonly prepared: P } | { readonly error: SfuError } {
  try {
    return store.transaction(() => ({ prepared: prepare(), id: store.audit.begin(intent) }));
  } catch (error) {
    if (isStorageError(error)) return { error };
    throw error;
  }
}

/** Carries out a command whose intent could not be written. The audit log has it as soon as that is possible. */
async function runUnrecorded<T, P>(
  { audit }: AuditStore,
  intent: AuditIntent,
  work: Pick<AuditedWork<T, P>, 'command' | 'describeResult'> & {
    readonly unrecorded: NonNullable<AuditedWork<T, P>['unrecorded']>;
    readonly error: SfuError;
  },
): Promise<T> {
  const { command, describeResult, unrecorded, error } = work;
  const begunAt = audit.time;
  const prepared = unrecorded.prepare(error);
  try {
    const result = await command(prepared);
    audit.note(intent, { begunAt, result: describeResult?.(result) ?? 'done' });
    unrecorded.warn(error);
    return result;
  } catch (failure) {
    audit.note(intent, { begunAt, result: `failed: ${toSfuError(failure).reason}` });
    throw failure;
  }
}
