import { toSfuError } from '../core/errors.ts';
import type { AuditIntent } from '../store/audit.ts';
import type { Store } from '../store/store.ts';

export interface AuditedWork<T, P> {
  /** Database writes that share a transaction with the intent. */
  prepare: () => P;
  command: (prepared: P) => T | Promise<T>;
  /** The result as the audit log has it; `done` by default. */
  describeResult?: (result: T) => string;
}

/**
 * Carries out a command, with its intent written to the audit log before and its result after. The command begins in
 * the same turn of the event loop as the call.
 * @returns what the command returned
 */
export async function audited<T, P>(
  store: Pick<Store, 'audit' | 'transaction'>,
  intent: AuditIntent,
  { prepare, command, describeResult }: AuditedWork<T, P>,
): Promise<T> {
  const { id, prepared } = store.transaction(() => ({
    prepared: prepare(),
    id: store.audit.begin(intent),
  }));
  try {
    const result = await command(prepared);
    store.audit.finish(id, describeResult?.(result) ?? 'done');
    return result;
  } catch (error) {
    store.audit.finish(id, `failed: ${toSfuError(error).reason}`);
    throw error;
  }
}
