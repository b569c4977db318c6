import type { CaptureCommands } from '../../src/commands/captures.ts';
import { SfuError } from '../../src/core/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { exportAudit } from './audit-export.ts';
import { securityHeaders } from './headers.ts';
import { type Incoming, requireRole, type Visitor } from './people.ts';

export interface ExportSources {
  readonly store: Store;
  readonly captures?: CaptureCommands;
}

/** A file that is fetched from the dashboard. @throws SfuError not_found, forbidden */
export async function exportFile(
  { store, captures }: ExportSources,
  file: string,
  visitor: Visitor,
  from: Incoming,
): Promise<Response> {
  if (file === 'audit.jsonl') return exportAudit(store, visitor);
  if (file === 'capture.pcap' && captures) return await exportCapture(captures, visitor, from);
  throw new SfuError('not_found', 'there is no such file');
}

/** What was captured of a peer. Who takes it is in the audit log. */
async function exportCapture(
  captures: CaptureCommands,
  visitor: Visitor,
  { url, address }: Incoming,
): Promise<Response> {
  requireRole(visitor, { role: 'admin' });
  const by = { kind: 'admin', id: visitor.user.name } as const;
  const content = await captures.fetch({ id: url.searchParams.get('id') ?? '', by, address });
  const headers = {
    ...securityHeaders,
    'content-type': 'application/vnd.tcpdump.pcap',
    'content-disposition': 'attachment; filename="capture.pcap"',
  };
  return new Response(content, { headers });
}
