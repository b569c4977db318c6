import { SfuError } from '../../src/core/errors.ts';
import type { Store } from '../../src/store/store.ts';
import type { User } from '../../src/store/users.ts';
import { securityHeaders } from './headers.ts';

/** The whole audit log as JSON lines, read as the client takes it. @throws SfuError forbidden for others than admins */
export function exportAudit(store: Store, { role }: User): Response {
  if (role !== 'admin') throw new SfuError('forbidden', 'the whole audit log is for admins');
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
