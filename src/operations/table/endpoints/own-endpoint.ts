import type { Endpoint } from '../../holdings/holdings.ts';
import { ownerOf, requireOwner } from '../../holdings/owner.ts';
import type { OperationContext } from '../../operation.ts';

/** Finds an endpoint of the caller. @throws SfuError not_found, forbidden when it belongs to another program */
export function ownEndpoint(context: OperationContext, ref: { roomId: string; peerId: string }): Endpoint {
  const endpoint = context.holdings.endpoint(ref.roomId, ref.peerId);
  requireOwner(endpoint, ownerOf(context));
  return endpoint;
}
