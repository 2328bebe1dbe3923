/**
 * Rewrites of a graph that keep what it computes: `simplify` and its passes.
 *
 * @module
 */
import type { Graph } from '../graph.js';
import { fold, prune, share } from './passes.js';
import { rebuild } from './rebuild.js';
import { rewriteNode } from './rules.js';

/** A named rewrite of a graph. */
export type Pass = readonly [name: string, rewrite: (graph: Graph) => Graph];

/** In this order, over and over until nothing changes. */
export const simplifyPasses: readonly Pass[] = [
  ['prune', prune],
  ['fold', fold],
  ['share', share],
  ['rewrite', (graph) => rebuild(graph, rewriteNode)],
];

/** Each round shortens a chain; real models settle in three or four. */
const maxRounds = 12;

/** Runs passes in order until none changes anything; `watch` sees the graph after each change. */
export function compile(graph: Graph, passes: readonly Pass[], watch?: (name: string, graph: Graph) => void): Graph {
  let current = graph;
  for (let round = 0; round < maxRounds; round++) {
    const before = current;
    for (const [name, rewrite] of passes) {
      const next = rewrite(current);
      if (next !== current) watch?.(name, next);
      current = next;
    }
    if (current === before) break;
  }
  return current;
}

/**
 * The same function with less work: dead code and repeated work removed, constants folded, no-ops dropped, broadcasts,
 * transpositions and scales moved into the operations that do them for nothing. Inputs and output names stay.
 */
export function simplify(graph: Graph): Graph {
  return prune(compile(graph, simplifyPasses));
}
