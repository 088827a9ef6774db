import { writeFileSync } from 'node:fs';
import { openApi, type ApiAddress } from '../client/api.ts';
import { configError, reasonOf } from '../cli-error.ts';
import { shortPath } from '../paths.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { collectReport, reportLimits } from '../report/report-data.ts';
import { reportPage } from '../report/report-page.tsx';
import type { Output } from '../screen/output.ts';

export interface ReportFileOptions {
  readonly sweep: string;
  /** Absolute path. */
  readonly file: string;
  readonly address: ApiAddress;
  readonly output: Output;
  /** When the report is made: ms since 1970. */
  readonly now: number;
}

/** Writes what a sweep has found as one HTML file that needs nothing else. */
export async function writeReport({ sweep, file, address, output, now }: ReportFileOptions): Promise<void> {
  const data = await collectReport(openApi(address), sweep, { waitMsMax: reportLimits.mapsMsMax, pause });
  if (data.board.rows.length === 0) {
    throw configError(
      'E_NOT_FOUND',
      `the sweep ${data.sweep.name} has no verified result yet; wait for the first with: gradpool status`,
    );
  }
  try {
    writeFileSync(file, reportPage(data, now));
  } catch (error) {
    throw configError('E_FILE', `cannot write ${file} (${reasonOf(error)}); choose another with --output`);
  }
  output.say([`  Wrote ${shortPath(file)}: open it in a browser, it needs nothing else`]);
  output.json({ file });
}
