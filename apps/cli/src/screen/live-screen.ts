import type { LeaseView, SweepView, WatchedRoom, WorkerView } from '@gradpool/protocol';
import { progressBar } from './bar.ts';
import type { Look } from './paint.ts';
import { connectedWorkers, focusOf, fractionDone } from '../client/room.ts';
import type { ChildView } from '../supervision/supervisor.ts';
import { pooledLines } from './pooled-lines.ts';
import { clip, tableLines } from './table.ts';
import { formatBytes, formatCount, formatDuration, formatEstimate, formatMse, formatPlural } from './units.ts';

/** Everything that the live screen shows at one moment. Times in ms. */
export interface Scene {
  readonly url: string;
  readonly room: WatchedRoom;
  /** False while the connection to the coordinator is being sought. */
  readonly connected: boolean;
  /** The sweep that was asked for, if one was. */
  readonly wanted: string | null;
  /** Worker processes that this program supervises. */
  readonly children: readonly ChildView[];
  /** Show no workers but those. */
  readonly ownOnly: boolean;
  readonly elapsedMs: number;
  /** Lines that the terminal can show. */
  readonly rows: number;
  /** The last line: what the user can do now. */
  readonly hint: string;
}

const workerRows = { min: 3, max: 16, /** Lines around the table of workers. */ around: 18 } as const;

/** The live screen, top to bottom, never wider than the terminal and never higher. */
export function screenLines(scene: Scene, look: Look): string[] {
  const sweep = focusOf(scene.room, scene.wanted);
  return [
    '',
    headLine(scene, look),
    '',
    ...(sweep ? sweepLines(scene.room, sweep, look) : [clip('  no sweep yet: gradpool sweep run FILE', look)]),
    '',
    ...workerLines(scene, look),
    '',
    clip(`  ${totals(scene.room)}`, look),
    clip(look.paint.dim(`  ${scene.hint}`), look),
  ];
}

function headLine(scene: Scene, { paint, ...rest }: Look): string {
  const state = scene.connected ? paint.dim(formatDuration(scene.elapsedMs)) : paint.yellow('connecting …');
  return clip(`  ${paint.bold('gradpool')}  ${paint.cyan(scene.url)}  ${state}`, { paint, ...rest });
}

function sweepLines(room: WatchedRoom, sweep: SweepView, look: Look): string[] {
  const { paint } = look;
  const fraction = fractionDone(room, sweep);
  const width = Math.min(40, Math.max(10, look.columns - sweep.name.length - 40));
  const bar = paint.green(progressBar(fraction, width, look.unicode));
  const done = `${sweep.cellsDone} of ${formatPlural(sweep.cells, 'cell')} done`;
  return [
    clip(`  ${paint.bold(sweep.name)}  ${bar}  ${done}`, look),
    clip(`  ${paint.dim(sweepRemark(sweep))}`, look),
    ...pooledLines(sweep).map((line) => clip(`  ${line}`, look)),
  ];
}

/** What there is to say about a sweep beside its bar: its trials, and how long it still takes. */
export function sweepRemark(sweep: SweepView): string {
  const { trials } = sweep;
  const parts = [
    trials.waiting > 0 ? `${formatCount(trials.waiting)} waiting` : '',
    trials.running > 0 ? `${formatCount(trials.running)} training` : '',
    trials.verifying > 0 ? `${formatCount(trials.verifying)} being checked` : '',
    trials.pruned > 0 ? `${formatCount(trials.pruned)} stopped early` : '',
    trials.failed > 0 ? `${formatCount(trials.failed)} failed` : '',
  ].filter(Boolean);
  const counted = parts.length > 0 ? `trials: ${parts.join(', ')}` : 'all trials done';
  return `${counted}; ${timeLeft(sweep)}`;
}

export function timeLeft(sweep: SweepView): string {
  if (sweep.state === 'paused') return `paused; go on with: gradpool sweep resume ${sweep.name}`;
  if (sweep.state === 'cancelled') return 'cancelled';
  if (sweep.state === 'complete' && sweep.baselinesWaiting === 0) return 'complete';
  if (sweep.state === 'complete') return `computing ${formatPlural(sweep.baselinesWaiting, 'baseline')}`;
  return sweep.etaMs === null ? 'time left: not known yet' : `${formatEstimate(sweep.etaMs)} left`;
}

/** What a worker does with a lease, in words: `trains latent 8, noise 0.3, seed 0`. */
function leaseText(lease: LeaseView): string {
  switch (lease.kind) {
    case 'train':
      return `trains ${lease.label}${lease.copy ? ' (a second copy)' : ''}`;
    case 'verify':
      return `checks ${lease.label}`;
    case 'baseline':
      return 'computes the baselines';
    case 'validate':
      return `validates ${lease.label}`;
    case 'embed':
      return `maps the codes of ${lease.label}`;
    case 'micro':
    case 'lane':
      return `helps to train ${lease.label}`;
    default:
      lease.kind satisfies never;
      return '';
  }
}

function workerLines(scene: Scene, look: Look): string[] {
  const rows = tableRows(scene);
  if (rows.length === 0) return [clip('  no workers yet', look)];
  const shown = Math.max(workerRows.min, Math.min(workerRows.max, scene.rows - workerRows.around));
  // A table that is one line too long shows that line instead of saying that there is one more.
  const visible = rows.length <= shown ? rows : rows.slice(0, shown - 1);
  const table = tableLines(
    [
      { title: 'worker' },
      { title: 'does', flexible: true },
      { title: 'epoch', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'images/s', align: 'right' },
    ],
    visible,
    look,
  );
  const hidden = rows.length - visible.length;
  return hidden > 0 ? [...table, clip(look.paint.dim(`  and ${formatCount(hidden)} more`), look)] : table;
}

/** The room's workers, then those of our own processes that are not in the room (yet, or any more). */
function tableRows({ room, children, ownOnly }: Scene): string[][] {
  const childOf = new Map<string | null, ChildView>(children.map((child) => [child.workerId, child]));
  const workers = connectedWorkers(room).filter(({ workerId }) => !ownOnly || childOf.has(workerId));
  const present = new Set<string | null>(workers.map((worker) => worker.workerId));
  return [
    ...workers.flatMap((worker) => {
      const leaving = childOf.get(worker.workerId)?.state === 'draining';
      return leaving ? [row(worker.name, childText('draining'))] : leaseRows(worker);
    }),
    ...children
      .filter(({ workerId, state }) => !present.has(workerId) && state !== 'gone')
      .map(({ name, state }) => row(name, childText(state))),
  ];
}

const row = (name: string, does: string, ...figures: readonly string[]): string[] => [
  name,
  does,
  ...(figures.length > 0 ? figures : ['', '', '']),
];

function leaseRows(worker: WorkerView): string[][] {
  if (worker.leases.length === 0) return [row(worker.name, 'waits for work')];
  const rows = worker.leases.map((lease) => {
    if (lease.kind === 'verify' || lease.kind === 'validate' || lease.kind === 'baseline' || lease.kind === 'embed')
      return row('', leaseText(lease));
    const loss = lease.loss === null ? '' : formatMse(lease.loss);
    return row('', leaseText(lease), epochText(lease), loss, formatCount(lease.imagesPerSecond));
  });
  // Parts of one job that a worker does side by side read the same: one line is enough.
  const distinct = rows.filter(([, does], place) => rows.findIndex(([, other]) => other === does) === place);
  return distinct.map((cells, place) => (place === 0 ? [worker.name, ...cells.slice(1)] : cells));
}

/** The epoch under way, counted from 1; empty before the worker has said how many there are. */
function epochText({ epoch, epochs }: LeaseView): string {
  return epochs === 0 ? '' : `${Math.min(epoch + 1, epochs)}/${epochs}`;
}

function childText(state: ChildView['state']): string {
  switch (state) {
    case 'starting':
      return 'starts up and measures its speed';
    case 'running':
      return 'connects';
    case 'waiting':
      return 'died, starts again soon';
    case 'draining':
      return 'hands its work back';
    case 'failed':
      return 'died, stays down (see above)';
    case 'stopped':
    case 'gone':
      return 'stopped';
    default:
      state satisfies never;
      return '';
  }
}

/** Room-wide figures in one line. */
function totals(room: WatchedRoom): string {
  const { stats } = room;
  if (!stats) return 'no figures yet';
  return [
    `${formatCount(stats.imagesPerSecond)} images/s in all`,
    formatPlural(stats.workersConnected, 'worker'),
    `traffic ${formatBytes(stats.bytesOut)} out, ${formatBytes(stats.bytesIn)} in`,
  ].join(', ');
}

/** The same for a file or pipe: a line on the sweep, then one per worker that trains. */
export function plainLines(scene: Scene, look: Look, workersMax = 8): string[] {
  const sweep = focusOf(scene.room, scene.wanted);
  const head = sweep
    ? `${sweep.name}: ${sweep.cellsDone} of ${formatPlural(sweep.cells, 'cell')} done`
    : 'no sweep yet';
  const training = connectedWorkers(scene.room).flatMap((worker) =>
    worker.leases.filter((lease) => lease.kind === 'train' && lease.epochs > 0).map((lease) => ({ worker, lease })),
  );
  const hidden = training.length - workersMax;
  return [
    [head, ...(sweep ? [timeLeft(sweep)] : []), totals(scene.room)].join('; '),
    ...(sweep ? pooledLines(sweep).map((line) => `  ${line}`) : []),
    ...training.slice(0, workersMax).map(({ worker, lease }) => {
      const loss = lease.loss === null ? '' : `, loss ${formatMse(lease.loss)}`;
      const speed = `${formatCount(lease.imagesPerSecond)} images/s`;
      return `  ${worker.name} ${leaseText(lease)}: epoch ${epochText(lease)}${loss}, ${speed}`;
    }),
    ...(hidden > 0 ? [`  and ${formatCount(hidden)} more`] : []),
  ].map((line) => clip(line, look));
}
