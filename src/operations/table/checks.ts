import { SfuError } from '../../core/errors.ts';
import { isGoodId } from '../../core/text.ts';

const longestMetadata = 4096;

/** Metadata stays in memory with what it describes, so its size has a bound. @throws SfuError invalid_params */
export function checkMetadata(metadata: Readonly<Record<string, unknown>> | null | undefined): void {
  const { length } = JSON.stringify(metadata ?? {});
  if (length <= longestMetadata) return;
  throw new SfuError(
    'invalid_params',
    `metadata: wants at most ${longestMetadata} characters as JSON, got ${length}`,
  );
}

/** Ids that signaling would not take must not be given out. @throws SfuError invalid_params */
export function checkId(name: string, id: string): void {
  if (isGoodId(id)) return;
  throw new SfuError(
    'invalid_params',
    `${name}: wants 1 to 128 characters without control characters, double spaces or spaces around it`,
  );
}
