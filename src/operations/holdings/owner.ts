import { type Static, Type } from '@sinclair/typebox';
import type { Caller } from '../../access/scopes.ts';
import { SfuError } from '../../core/errors.ts';
import { orNull } from '../../core/schemas.ts';

export const OwnerInfo = Type.Object({
  key: Type.String({ description: 'Name of the key' }),
  controllerId: orNull(Type.String(), 'Which of the controllers that use the key; null for REST'),
});

/** Who owns something: a key, and which of the controllers that use it. REST has no connection, so no controller. */
export type Owner = Readonly<Static<typeof OwnerInfo>>;

/** Something that a program made. Only its owner may change it. */
export interface Owned {
  owner: Owner;
  /** Whether it stays when its controller does not come back. */
  readonly keep: boolean;
}

/** The caller as an owner. */
export function ownerOf({ caller, controllerId }: { caller: Caller; controllerId?: string }): Owner {
  return { key: caller.by.id, controllerId: controllerId ?? null };
}

/** A string that identifies an owner. */
export function ownerName({ key, controllerId }: Owner): string {
  return JSON.stringify([key, controllerId]);
}

/** @throws SfuError forbidden that names the owner */
export function requireOwner({ owner }: Owned, caller: Owner): void {
  if (ownerName(owner) === ownerName(caller)) return;
  const whose =
    owner.controllerId === null ? `the key "${owner.key}"` : `"${owner.controllerId}" of "${owner.key}"`;
  throw new SfuError('forbidden', `this belongs to ${whose}; take it over first`);
}
