import { encode, wireLimits, type MessageOf } from '@gradpool/protocol';

type Changes = MessageOf<'changes'>;
const lists = ['sweeps', 'workers', 'trials', 'cells', 'points', 'pictures'] as const;

/** Encodes changes as one frame, or as several where one would have too many rows or bytes. */
export function changesFrames(changes: Changes, bytesMax: number = wireLimits.frameBytesMax): Uint8Array[] {
  const rows = Math.max(...lists.map((list) => changes[list].length));
  if (rows <= wireLimits.viewRowsMax) {
    const bytes = encode(changes);
    if (bytes.length <= bytesMax || rows <= 1) return [bytes];
  }
  const middle = Math.ceil(rows / 2);
  return [...changesFrames(cut(changes, 0, middle), bytesMax), ...changesFrames(cut(changes, middle, rows), bytesMax)];
}

/** A snapshot that is too large for one frame goes out empty, with its rows as changes behind it. */
export function snapshotFrames(
  snapshot: MessageOf<'snapshot'>,
  bytesMax: number = wireLimits.frameBytesMax,
): Uint8Array[] {
  const whole = encode(snapshot);
  if (whole.length <= bytesMax) return [whole];
  const { sweeps, workers, stats } = snapshot;
  const rest: Changes = { type: 'changes', sweeps, workers, trials: [], cells: [], points: [], pictures: [], stats };
  return [encode({ ...snapshot, sweeps: [], workers: [] }), ...changesFrames(rest, bytesMax)];
}

const cut = (changes: Changes, from: number, to: number): Changes => ({
  ...changes,
  sweeps: changes.sweeps.slice(from, to),
  workers: changes.workers.slice(from, to),
  trials: changes.trials.slice(from, to),
  cells: changes.cells.slice(from, to),
  points: changes.points.slice(from, to),
  pictures: changes.pictures.slice(from, to),
});
