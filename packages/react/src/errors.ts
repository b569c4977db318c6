import { ClientError } from 'tureen-client';

/** What an error says, whoever threw it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export function asClientError(thrown: unknown): ClientError {
  return thrown instanceof ClientError ? thrown : new ClientError('internal', messageOf(thrown));
}
