import { everything, inboxesOf, subjectsOf } from './subjects.ts';

/** The bucket of JetStream in which nodes keep what must outlive them. */
export const factsBucket = 'tureen-facts';
/** The bucket that says which node tells what one of several nodes tells. */
export const claimsBucket = 'tureen-told';
/** Longer than any node holds back what another one may have told. */
export const claimsMs = 7 * 86_400_000;

const buckets = [factsBucket, claimsBucket];

/** What a user of the bus may do, as its configuration says it. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * What the bus should let a node do: speak in its own name, hear all others, get its own answers, and use two buckets.
 * Beside that it may answer what it is asked.
 */
export function permissionsOf(node: string): BusPermissions {
  return {
    publish: [
      subjectsOf(node),
      ...['$JS.API', '$JS.*.API'].flatMap((api) => [
        `${api}.INFO`,
        ...buckets.flatMap((bucket) => jetStream(api, bucket)),
      ]),
      ...buckets.map((bucket) => `$KV.${bucket}.>`),
    ],
    subscribe: [everything, inboxesOf(node)],
  };
}

/** The requests of JetStream that a node makes. @param api how they begin: a leaf node's name its domain */
function jetStream(api: string, bucket: string): string[] {
  const stream = `KV_${bucket}`;
  return [
    ...[`STREAM.CREATE.${stream}`, `STREAM.UPDATE.${stream}`, `STREAM.INFO.${stream}`],
    ...[`STREAM.MSG.GET.${stream}`, `DIRECT.GET.${stream}`, `DIRECT.GET.${stream}.>`],
    ...[`CONSUMER.CREATE.${stream}`, `CONSUMER.CREATE.${stream}.>`],
    ...[`CONSUMER.INFO.${stream}.*`, `CONSUMER.DELETE.${stream}.*`],
  ].map((request) => `${api}.${request}`);
}
