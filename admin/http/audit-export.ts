import type { Store } from '../../src/store/store.ts';
import { securityHeaders } from './headers.ts';
import { requireRole, type Visitor } from './people.ts';

/** The whole audit log of this node as JSON lines, read as the client takes it. @throws SfuError forbidden for others than admins */
export function exportAudit(store: Store, visitor: Visitor): Response {
  requireRole(visitor, { role: 'admin' });
  const headers = {
    ...securityHeaders,
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': 'attachment; filename="audit.jsonl"',
  };
  const lines = store.audit.lines();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = lines.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
  });
  return new Response(body, { headers });
}
