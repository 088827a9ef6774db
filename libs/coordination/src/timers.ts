/** A binary min-heap of points in time, as plain data. Ties go by `sequence`, so that equal times keep their order. */
export interface Timer {
  readonly at: number;
  readonly sequence: number;
  readonly kind: 'lease' | 'rest' | 'verify' | 'baseline' | 'embed' | 'validate';
  readonly id: string;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

export function pushTimer(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent]!;
    if (!before(timer, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = timer;
}

/** Removes and returns the earliest timer if it is due at `now`. */
export function popDueTimer(heap: Timer[], now: number): Timer | null {
  const first = heap[0];
  if (first === undefined || first.at > now) return null;
  const last = heap.pop()!;
  if (heap.length > 0) sink(heap, last);
  return first;
}

function sink(heap: Timer[], timer: Timer): void {
  const length = heap.length;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= length) break;
    if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child += 1;
    const below = heap[child]!;
    if (!before(below, timer)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = timer;
}
