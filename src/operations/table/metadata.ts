import { maxMetadataLength } from '../../access/tokens.ts';
import { SfuError } from '../../core/errors.ts';

/** @throws SfuError invalid_params when metadata is too large */
export function checkMetadata(metadata: Readonly<Record<string, unknown>> | null | undefined): void {
  const { length } = JSON.stringify(metadata ?? {});
  if (length <= maxMetadataLength) return;
  throw new SfuError(
    'invalid_params',
    `metadata: must have at most ${maxMetadataLength} characters as JSON, got ${length}`,
  );
}
