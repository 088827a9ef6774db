import { hostname } from 'node:os';
import { openApi, type ApiAddress } from '../client/api.ts';
import { workerEnvironment } from '../client/trust.ts';
import { openDataFolder } from '../client/data-folder.ts';
import type { Output } from '../screen/output.ts';
import { formatPlural } from '../screen/units.ts';
import { childError, SupervisedRun } from '../supervision/supervised-run.ts';

export interface WorkerOptions {
  readonly address: ApiAddress;
  readonly workers: number;
  /** Absolute path: identities and the cache of data sets. */
  readonly dataDir: string;
  readonly output: Output;
  readonly entry: string;
}

const hostCharsMax = 40;

/** Lends this machine to a coordinator elsewhere until told to stop. */
export async function joinAsWorkers({ address, workers, dataDir, output, entry }: WorkerOptions): Promise<void> {
  openDataFolder(dataDir);
  // Asked once here, so that a wrong address or token is said at once and not by every worker.
  const stats = await openApi(address).stats();
  const run: SupervisedRun = new SupervisedRun({
    output,
    dataDir,
    last: null,
    hint: 'Ctrl-C stops; unfinished work goes on elsewhere',
    onFailed: (death) =>
      run.supervisor.children().every(({ state }) => state === 'failed') ? childError(death) : null,
  });
  output.json({ event: 'joining', url: address.url, workers });
  const there = formatPlural(stats.workersConnected, 'worker');
  output.say([`  Joining ${address.url} (${there} there) with ${formatPlural(workers, 'worker')} of this machine`]);
  await run.finish(async () => {
    run.watch({ address, wanted: () => null, ownOnly: true });
    const host = hostname().slice(0, hostCharsMax) || 'machine';
    for (let index = 1; index <= workers; index += 1) {
      const name = `${host}-${index}`;
      const args = ['--url', address.url, '--data-dir', dataDir, '--name', name, '--index', String(index)];
      run.supervisor.start({ name, entry, args: () => args, env: workerEnvironment(address) });
    }
    await run.ended;
  });
  output.say(['  Left. Unfinished work was handed back.']);
}
