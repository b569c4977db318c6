import { Type } from '@sinclair/typebox';
import { statsInterval } from '../statistics.ts';

/** How often statistics are sent. */
export const Interval = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: statsInterval.longest,
    description: `milliseconds, by default and at least ${statsInterval.shortest}`,
  }),
);
