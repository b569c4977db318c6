import type { CaptureContent, CaptureState } from '../sfu/capture/captures.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Store } from '../store/store.ts';
import { type AuditedWork, audited } from './audited.ts';
import type { Intent, PeerTarget, Requester } from './targets.ts';
import { withName } from './with-name.ts';

export type { CaptureState } from '../sfu/capture/captures.ts';
export { captureContents, captureEnds, mostCaptureSeconds } from '../sfu/capture/captures.ts';

export type CaptureTarget = Requester & { readonly id: string };
export type NewCapture = PeerTarget & { readonly content: CaptureContent; readonly seconds: number };

/**
 * Captures of what a peer sends, for programs and the dashboard: here of peers on this node. Who began one, who fetched its file and who
 * threw it away is in the audit log; without a record it is not done.
 */
export class CaptureCommands {
  constructor(
    private readonly sfu: Sfu,
    private readonly store: Pick<Store, 'audit' | 'transaction' | 'synced'>,
  ) {}

  /** The capture of a peer that runs, or was its node's last; undefined when it was more than ten minutes ago. */
  async lastOf(roomId: string, peerId: string): Promise<CaptureState | undefined> {
    const { last } = this.sfu.captures;
    return last?.roomId === roomId && last.peerId === peerId ? last : undefined;
  }

  /** @throws SfuError not_found */
  async get(id: string): Promise<CaptureState> {
    return this.sfu.captures.get(id);
  }

  /** Begins one. @throws SfuError not_found, wrong_state, gone; limit_reached while another one runs */
  async start(target: NewCapture): Promise<CaptureState> {
    const { roomId, peerId, content, seconds } = target;
    this.sfu.read.peer(roomId, peerId);
    const intent = { ...target, action: 'peer.capture', details: { content, seconds } };
    return await this.#audited(
      intent,
      () => this.sfu.captures.start({ roomId, peerId, content, seconds }),
      ({ id }) => `done: capture ${id}`,
    );
  }

  /** The pcap file of what was captured so far. @throws SfuError not_found */
  async fetch(target: CaptureTarget): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#audited(this.#intent('capture.fetch', target), () =>
      this.sfu.captures.file(target.id),
    );
  }

  /** Ends a capture, and throws its file away. @throws SfuError not_found */
  async discard(target: CaptureTarget): Promise<void> {
    await this.#audited(this.#intent('capture.discard', target), () => this.sfu.captures.discard(target.id));
  }

  #intent(action: string, { id, ...requester }: CaptureTarget): Intent {
    const { roomId, peerId } = this.sfu.captures.get(id);
    return { ...requester, action, roomId, peerId, details: { capture: id } };
  }

  #audited<T>(
    intent: Intent,
    command: () => T | Promise<T>,
    describeResult?: AuditedWork<T, void>['describeResult'],
  ): Promise<T> {
    const prepare = () => {};
    return audited(this.store, withName(this.sfu, intent), { prepare, command, describeResult });
  }
}
