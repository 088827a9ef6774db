/** The virtual clock: what happens next, and when. Entries of one time run in the order they were made. */
export interface Agenda {
  now: number;
  readonly heap: Entry[];
  sequence: number;
}

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

export function createAgenda(now: number): Agenda {
  return { now, heap: [], sequence: 0 };
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** Runs `run` after `delayMs` (0 is after everything else that is due now). */
export function after(agenda: Agenda, delayMs: number, run: () => void): void {
  agenda.sequence += 1;
  const entry = { at: agenda.now + Math.max(0, Math.round(delayMs)), sequence: agenda.sequence, run };
  const { heap } = agenda;
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent]!;
    if (!before(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

/** Moves the clock to the next entry and runs it; false when nothing is left. */
export function runNext(agenda: Agenda): boolean {
  const { heap } = agenda;
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined) return false;
  if (heap.length > 0) sink(heap, last);
  agenda.now = first.at;
  first.run();
  return true;
}

function sink(heap: Entry[], entry: Entry): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    const below = heap[child]!;
    if (!before(below, entry)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = entry;
}
