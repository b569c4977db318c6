import { type TLiteral, type TSchema, type TUnion, Type } from '@sinclair/typebox';
import { qualityCauses, qualityLevels } from './quality.ts';
import { mediaKinds, sources } from './sources.ts';

/** Schemas that REST, signaling and the other interfaces share. */

/** Writes a list of words as a schema. */
export function oneOf<const W extends readonly string[]>(
  words: W,
  options: { description?: string } = {},
): TUnion<{ -readonly [I in keyof W]: TLiteral<W[I] & string> }> {
  // Mapping over a tuple loses the places of its members, which the type above keeps.
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    options,
  ) as unknown as TUnion<{ -readonly [I in keyof W]: TLiteral<W[I] & string> }>;
}

export const orNull = <T extends TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

/** An entry of RTCConfiguration.iceServers (W3C WebRTC, RTCIceServer). */
export const IceServer = Type.Object({
  urls: Type.Union([
    Type.String({ minLength: 1 }),
    Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  ]),
  username: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
});

/** An id, whether a caller or the server chose it. */
export const Id = Type.String({ minLength: 1, maxLength: 128 });
export const Source = oneOf(sources);
export const MediaKind = oneOf(mediaKinds);
/** core/quality.ts */
export const Quality = Type.Object({
  level: oneOf(qualityLevels),
  score: orNull(
    Type.Number({ minimum: 0, maximum: 10 }),
    '10 is perfect; from 8 on good, from 5 on fair, above 1 poor, else lost; null while it is not known',
  ),
  cause: orNull(oneOf(qualityCauses), 'what costs most; null while it is good, or not known'),
});
/** For messages without data. */
export const Nothing = Type.Object({}, { description: 'nothing' });
/** Why something ended or changed, in one of the words of core/ends.ts. */
export const StableWord = Type.String({ description: 'one of a fixed set of words' });

/** The longest reason of a moderator, in characters. */
export const maxReasonLength = 200;
/** Why a moderator does something. */
export const Reason = Type.String({
  maxLength: maxReasonLength,
  description: 'Shown to the person it concerns and in the audit log',
});
