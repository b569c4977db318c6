import type { OperationContext } from '../../operation.ts';
import type { Endpoint } from '../holdings.ts';
import { ownerOf, requireOwner } from '../owner.ts';

/** An endpoint that the caller may change. @throws SfuError not_found, forbidden */
export function ownEndpoint(context: OperationContext, ref: { roomId: string; peerId: string }): Endpoint {
  const endpoint = context.holdings.endpoint(ref.roomId, ref.peerId);
  requireOwner(endpoint, ownerOf(context));
  return endpoint;
}
