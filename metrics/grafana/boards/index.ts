import type { BoardSpec } from '../spec.ts';
import { fleet } from './fleet.ts';
import { joins } from './joins.ts';
import { node } from './node.ts';
import { quality } from './quality.ts';
import { speakers } from './speakers.ts';

/** Every dashboard, in the order in which people look at them. */
export const boards: readonly BoardSpec[] = [fleet, node, quality, joins, speakers];
