import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { CaptureContent, CaptureSeconds, CaptureShape } from '../../commands/capture-schema.ts';
import type { Removal } from '../../commands/commands.ts';
import { AttributeChanges } from '../../core/attributes.ts';
import { Id, oneOf, orNull, Source } from '../../core/schemas.ts';
import { banKinds } from '../../store/ban-kinds.ts';
import { type DataCheck, dataCheck } from '../../wire/check.ts';
import type { CommandName } from '../command-schemas.ts';
import { Actor, Count, PublishDecision } from '../schemas.ts';
import type { Carrier } from './carrier.ts';

/** The commands that one node carries out for another: their params and results, and what runs them. */

const requester = {
  by: Actor,
  address: Type.Optional(Type.String({ maxLength: 256 })),
  reason: Type.Optional(Type.String({ maxLength: 1024 })),
};
const ofRoom = { roomId: Id, ...requester };
const ofPeer = { roomId: Id, peerId: Id, ...requester };
const ofProducer = { ...ofPeer, producerId: Id };
const ofConsumer = { ...ofPeer, consumerId: Id };
const source = Type.Optional(Source);
const data = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 64 });
const message = Type.String({ maxLength: 2048 });

const BanRequest = Type.Object({
  scope: oneOf(['room', 'server']),
  kinds: Type.Array(oneOf(banKinds), { maxItems: banKinds.length }),
  milliseconds: orNull(Type.Integer({ minimum: 0 })),
});

const RemovalResult = Type.Unsafe<Removal>(
  Type.Object({
    remains: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 8 }),
    pending: Type.Optional(Type.Array(Type.String({ maxLength: 128 }), { maxItems: 1000 })),
    bans: Type.Array(Type.Object({ kind: oneOf(banKinds), value: Type.String({ maxLength: 8192 }) }), {
      maxItems: 8,
    }),
  }),
);

type Warned<T> = T & { readonly askedOn: string; readonly warn: (sentence: string) => void };

export interface CommandRow {
  /** How long its node may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly check: DataCheck;
  readonly checkResult: DataCheck;
  run(carrier: Carrier, params: Warned<object>): Promise<unknown>;
}

/** A removal waits five seconds for what is left of the peer. */
const removalTimeoutMs = 7000;
const usualTimeoutMs = 2000;

function row<P extends TProperties, R extends TSchema>(
  properties: P,
  result: R,
  run: (carrier: Carrier, params: Warned<Static<TObject<P>>>) => Promise<Static<R>> | Promise<void>,
  timeoutMs = usualTimeoutMs,
): CommandRow {
  const check = dataCheck(Type.Object(properties));
  // What it is called with was checked against this schema.
  return { timeoutMs, check, checkResult: dataCheck(result), run: run as unknown as CommandRow['run'] };
}

const nothing = Type.Null();

export const commandTable: Readonly<Record<CommandName, CommandRow>> = {
  removePeer: row(
    { ...ofPeer, ban: orNull(BanRequest) },
    RemovalResult,
    (carrier, { ban, ...target }) => carrier.removePeer(target, ban ?? undefined),
    removalTimeoutMs,
  ),
  removeSubject: row(
    ofPeer,
    RemovalResult,
    (carrier, target) => carrier.removeHere(target),
    removalTimeoutMs,
  ),
  muteProducer: row(ofProducer, nothing, (carrier, target) =>
    carrier.decide(target, (local) => local.muteProducer(target)),
  ),
  allowProducer: row(ofProducer, nothing, (carrier, target) =>
    carrier.decide(target, (local) => local.allowProducer(target)),
  ),
  closeProducer: row(ofProducer, nothing, ({ local }, target) => local.closeProducer(target)),
  pauseConsumer: row(ofConsumer, nothing, ({ local }, target) => local.pauseConsumer(target)),
  resumeConsumer: row(ofConsumer, nothing, ({ local }, target) => local.resumeConsumer(target)),
  closeConsumer: row(ofConsumer, nothing, ({ local }, target) => local.closeConsumer(target)),
  mutePeer: row({ ...ofPeer, source }, Count, (carrier, target) =>
    carrier.decide(target, (local) => local.muteAll(target)),
  ),
  allowPeer: row({ ...ofPeer, source }, Count, (carrier, target) =>
    carrier.decide(target, (local) => local.allowAll(target)),
  ),
  setPublish: row({ ...ofPeer, publish: PublishDecision }, nothing, (carrier, target) =>
    carrier.decide(target, (local) => local.setPublish(target)),
  ),
  setPeerMetadata: row({ ...ofPeer, metadata: data }, nothing, ({ local }, target) =>
    local.setPeerMetadata(target),
  ),
  setPeerAttributes: row({ ...ofPeer, changes: AttributeChanges }, nothing, ({ local }, target) =>
    local.setPeerAttributes(target),
  ),
  notifyPeer: row({ ...ofPeer, message }, nothing, ({ local }, target) => local.notice(target)),
  muteRoom: row({ ...ofRoom, source }, Count, (carrier, target) =>
    carrier.decide(target, (local) => local.muteAll(target)),
  ),
  allowRoom: row({ ...ofRoom, source }, Count, (carrier, target) =>
    carrier.decide(target, (local) => local.allowAll(target)),
  ),
  lowerHand: row(ofPeer, Count, ({ local }, target) => local.lowerHands(target)),
  lowerHands: row(ofRoom, Count, ({ local }, target) => local.lowerHands(target)),
  moveRoom: row({ ...ofRoom, workerIndex: Count }, nothing, ({ local }, target) => local.moveRoom(target)),
  notifyRoom: row({ ...ofRoom, message }, nothing, ({ local }, target) => local.notice(target)),
  changeRoom: row(
    {
      ...ofRoom,
      changes: Type.Object({
        maxPeers: Type.Optional(orNull(Type.Integer({ minimum: 1 }))),
        emptySeconds: Type.Optional(orNull(Type.Integer({ minimum: 1 }))),
        metadata: Type.Optional(orNull(data)),
      }),
    },
    nothing,
    (carrier, { changes, ...target }) => {
      // JSON has no undefined, which goes back to the settings.
      const given = Object.entries(changes).map(([name, value]) => [name, value ?? undefined]);
      return carrier.decide(target, (local) =>
        local.changeRoom({ ...target, changes: Object.fromEntries(given) }),
      );
    },
  ),
  setRoomLocked: row({ ...ofRoom, locked: Type.Boolean() }, nothing, (carrier, target) =>
    carrier.decide(target, (local) => local.setRoomLocked(target)),
  ),
  capBitrate: row({ ...ofRoom, bitrate: orNull(Type.Integer()) }, nothing, (carrier, target) =>
    carrier.decide(target, (local) => local.capBitrate(target)),
  ),
  closeRoom: row(ofRoom, nothing, ({ local }, target) => local.closeRoom(target)),
  drain: row({ ...requester, milliseconds: Count }, nothing, ({ local }, request) => local.drain(request)),
  startCapture: row(
    { ...ofPeer, content: CaptureContent, seconds: CaptureSeconds },
    CaptureShape,
    ({ captures }, target) => captures.start(target),
  ),
  // How large it is; its bytes follow in parts.
  fetchCapture: row({ id: Id, ...requester }, Count, async ({ captures }, target) => {
    const { length } = await captures.fetch(target);
    return length;
  }),
  discardCapture: row({ id: Id, ...requester }, nothing, ({ captures }, target) => captures.discard(target)),
  cancelDrain: row(requester, nothing, ({ local }, request) => local.cancelDrain(request)),
};
