import { requireScope } from '../access/scopes.ts';
import { toSfuError } from '../core/errors.ts';
import { apiHeaders } from './headers.ts';
import type { OperationHandlerOptions, OperationRequest } from './operation-handler.ts';
import { problemResponse } from './problem.ts';

/** Where the file of a capture is, below the API. */
export const captureFilePath = '/captures/:captureId/file';

/** Answers with the pcap file of a capture, which is no JSON and so no operation. It never throws. */
export async function captureFile(
  { access, services, log }: OperationHandlerOptions,
  { request, remoteAddress, pathParams }: OperationRequest,
): Promise<Response> {
  try {
    access.requirePace(request, remoteAddress);
    const { by, address, scopes } = await access.authenticate(request, remoteAddress);
    requireScope({ scopes }, 'media');
    const id = pathParams.captureId ?? '';
    const headers = {
      ...apiHeaders,
      'content-type': 'application/vnd.tcpdump.pcap',
      'content-disposition': 'attachment; filename="capture.pcap"',
    };
    return new Response(await services.captures.fetch({ id, by, address }), { headers });
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code === 'internal') log.error('the file of a capture failed', { error: error.cause });
    return problemResponse(error);
  }
}
