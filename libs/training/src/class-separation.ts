import type { Pause } from './pacer.ts';
import { squaredDistance, type Points } from './points.ts';

/** How far classes lie apart among points. */
export interface ClassSeparation {
  /** Mean silhouette, -1 to 1 (Rousseeuw 1987); 0 for a point alone in its class. */
  readonly silhouette: number;
  /** Share of points whose `neighbours` nearest others vote for their class; a tie counts for the smaller label. */
  readonly neighbourAccuracy: number;
}

const neighbours = 10;

interface Labelled {
  readonly points: Points;
  readonly labels: Uint8Array;
  readonly classes: number;
  readonly pause: Pause;
}

/** Both figures by all pairs: about 3 width count^2 operations. */
export async function classSeparation({ points, labels, classes, pause }: Labelled): Promise<ClassSeparation> {
  const { count } = points;
  const members = new Float64Array(classes);
  for (const label of labels) members[label] = members[label]! + 1;
  const distances = new Float64Array(count);
  let [silhouette, right] = [0, 0];
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < count; j += 1) distances[j] = Math.sqrt(squaredDistance(points, i, j));
    silhouette += silhouetteOf(i, distances, labels, members);
    distances[i] = Infinity;
    if (vote(distances, labels, classes) === labels[i]) right += 1;
    await pause();
  }
  return { silhouette: silhouette / count, neighbourAccuracy: right / count };
}

function silhouetteOf(i: number, distances: Float64Array, labels: Uint8Array, members: Float64Array): number {
  const own = labels[i]!;
  if (members[own]! < 2) return 0;
  const sums = new Float64Array(members.length);
  for (let j = 0; j < labels.length; j += 1) sums[labels[j]!] = sums[labels[j]!]! + distances[j]!;
  const within = sums[own]! / (members[own]! - 1);
  let nearest = Infinity;
  for (let other = 0; other < sums.length; other += 1) {
    if (other !== own && members[other]! > 0) nearest = Math.min(nearest, sums[other]! / members[other]!);
  }
  if (nearest === Infinity) return 0;
  const larger = Math.max(within, nearest);
  return larger === 0 ? 0 : (nearest - within) / larger;
}

function vote(distances: Float64Array, labels: Uint8Array, classes: number): number {
  const votes = new Float64Array(classes);
  for (const j of nearestOf(distances)) votes[labels[j]!] = votes[labels[j]!]! + 1;
  return votes.indexOf(Math.max(...votes));
}

/** Up to `neighbours` points at a finite distance, nearest first. */
function nearestOf(distances: Float64Array): number[] {
  const nearest: number[] = [];
  for (let j = 0; j < distances.length; j += 1) {
    const full = nearest.length === neighbours;
    if (distances[j] === Infinity || (full && distances[j]! >= distances[nearest.at(-1)!]!)) continue;
    let at = full ? neighbours - 1 : nearest.length;
    for (; at > 0 && distances[nearest[at - 1]!]! > distances[j]!; at -= 1) nearest[at] = nearest[at - 1]!;
    nearest[at] = j;
  }
  return nearest;
}
