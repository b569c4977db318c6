/**
 * For servers of applications that use Tureen: tokens for clients, the REST API with types, and verified webhooks. It
 * uses fetch and Web Crypto only, and so runs in Node.js 20, Bun, Deno and workers.
 */
export {
  type Answer,
  type ApiOptions,
  type CallOptions,
  type OperationName,
  type OperationParams,
  type OperationResult,
  type TureenApi,
  TureenError,
  tureenApi,
} from './api.ts';
export type * from './tables.ts';
export {
  mintPeerToken,
  mintProgramToken,
  type PeerTokenRequest,
  type ProgramTokenRequest,
  type SigningKey,
} from './tokens.ts';
export {
  type VerifyOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookOf,
  type WebhookType,
  WebhookVerificationError,
} from './webhooks.ts';
