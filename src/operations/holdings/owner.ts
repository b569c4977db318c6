import type { Caller } from '../../access/scopes.ts';
import { SfuError } from '../../core/errors.ts';

/** Whose something is. */
export interface Owner {
  /** The name of the key with which it was made. */
  readonly key: string;
  /** Which of the controllers that use the key; null for REST, which has no connection that could end. */
  readonly controllerId: string | null;
}

/** Something that a program made and that only it may change. */
export interface Owned {
  owner: Owner;
  /** Whether it stays when its controller has gone for good. */
  readonly keep: boolean;
}

/** Who asks, as an owner. */
export function ownerOf({ caller, controllerId }: { caller: Caller; controllerId?: string }): Owner {
  return { key: caller.by.id, controllerId: controllerId ?? null };
}

/** One text for one owner. */
export function ownerName({ key, controllerId }: Owner): string {
  return JSON.stringify([key, controllerId]);
}

/** @throws SfuError forbidden that names the owner */
export function requireOwner({ owner }: Owned, asking: Owner): void {
  if (ownerName(owner) === ownerName(asking)) return;
  const whose =
    owner.controllerId === null ? `the key "${owner.key}"` : `"${owner.controllerId}" of "${owner.key}"`;
  throw new SfuError('forbidden', `this belongs to ${whose}; take it over first`);
}
