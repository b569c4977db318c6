import type { Static } from '@sinclair/typebox';
import { mediaOperations } from '../media/operations/index.ts';
import type { Operation } from '../operation.ts';
import { changeRoom, closeRoom, createRoom, getRoom, getRoomState, listRooms } from './rooms.ts';

/** Every operation, in the order of the documentation. To add one, write it in a file beside this one and list it here. */
export const operations = [
  createRoom,
  listRooms,
  getRoom,
  getRoomState,
  changeRoom,
  closeRoom,
  ...mediaOperations,
] as const;

export type OperationName = (typeof operations)[number]['name'];

/** The table for those who treat all operations alike. */
export const allOperations = operations as unknown as readonly Operation[];

const byName = new Map(allOperations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation | undefined {
  return byName.get(name);
}

type Named<N extends OperationName> = Extract<(typeof operations)[number], { readonly name: N }>;
/** What an operation takes, and what it answers. */
export type OperationParams<N extends OperationName> = Static<Named<N>['params']>;
export type OperationResult<N extends OperationName> = Static<Named<N>['result']>;
