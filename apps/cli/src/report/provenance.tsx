import { metricOf, scoreText, trialKind, type DatasetManifest } from '@gradpool/experiment';
import type { SpecJson } from '@gradpool/protocol';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { formatCount, formatDuration, formatMse, formatPlural } from '../screen/units.ts';
import { reportLimits, type ReportData } from './report-data.ts';

/** What was run and on what: enough to run it again and to find every figure's origin. */
export function Provenance({ data, now }: { readonly data: ReportData; readonly now: number }) {
  const { sweep, trials } = data;
  const verified = trials.filter(({ score }) => score !== null);
  const classes = distinct(verified.map(({ numericClass }) => numericClass));
  const workers = distinct(
    verified.flatMap(({ segments }) => segments.map(({ workerName, worker }) => workerName ?? worker)),
  );
  const trainedMs = verified.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
  const facts: readonly (readonly [string, string])[] = [
    ['sweep', `${sweep.name} (${sweep.sweepId})`],
    [
      'state',
      `${sweep.state}; ${sweep.cellsDone} of ${formatPlural(sweep.cells, 'cell')}, ${formatPlural(verified.length, 'verified trial')}`,
    ],
    ['started', timeText(sweep.createdAt)],
    ['finished', sweep.finishedAt === null ? 'not yet' : timeText(sweep.finishedAt)],
    ['training time', `${formatDuration(trainedMs)}, summed over the verified trials`],
    ['images trained on', formatCount(verified.reduce((sum, { images }) => sum + images, 0))],
    ['trained by', workers.join(', ')],
    ['numeric classes', classes.join('; ')],
    ['data set', datasetText(data.dataset)],
    ['its manifest', `SHA-256 ${sweep.dataset}`],
    ['spec', `SHA-256 ${sweep.specHash}`],
    ['program', `gradpool ${sweep.codeVersion}`],
    ['report made', timeText(now)],
  ];
  return (
    <>
      <dl>{facts.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} =`}>{value}</dd>])}</dl>
      <p>
        Verified: an evaluator that never trains computed every error from the stored weights, on noisy test pictures
        that are the same for every trial.
      </p>
      <h3>To run it again</h3>
      <pre>{repeatCommand(data.sweep.spec)}</pre>
      <TrialList data={data} />
      {data.csv !== null && (
        <p className="screen-only">
          <a download={`${sweep.name}.csv`} href={`data:text/csv;base64,${Buffer.from(data.csv).toString('base64')}`}>
            The figures with their provenance as CSV
          </a>
        </p>
      )}
    </>
  );
}

function TrialList({ data: { trials, board } }: { readonly data: ReportData }) {
  const verified = trials.filter(({ score }) => score !== null);
  const names = namingParameters(verified);
  const validated = verified.some(({ validationMse }) => validationMse !== null);
  const classifies = verified.some(({ parameters }) => trialKind(parameters).task === 'classify');
  const figures = [
    metricOf(board.metric).label,
    ...(validated ? [classifies ? 'validation MSE of its autoencoder' : 'validation MSE'] : []),
    'took',
  ];
  return (
    <details>
      <summary>{formatPlural(verified.length, 'verified trial')}</summary>
      <div className="scroll">
        <table>
          {verified.length > reportLimits.trialsListed && (
            <caption>The first {reportLimits.trialsListed}; `gradpool export` writes them all.</caption>
          )}
          <thead>
            <tr>
              {['trial', ...figures, 'backend', 'weights, SHA-256'].map((title) => (
                <th key={title} scope="col" className={figures.includes(title) ? undefined : 'left'}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {verified.slice(0, reportLimits.trialsListed).map((trial) => (
              <tr key={trial.trialId}>
                <td className="left">
                  {[parametersLabel(trial.parameters, names), `seed ${trial.seed}`].filter(Boolean).join(', ')}
                </td>
                <td>{scoreText(board.metric, trial.score ?? 0, 6)}</td>
                {validated && <td>{trial.validationMse === null ? '' : formatMse(trial.validationMse, 6)}</td>}
                <td>{trial.durationMs === null ? '' : formatDuration(trial.durationMs)}</td>
                <td className="left">{trial.backend ?? ''}</td>
                <td className="left">
                  <code title={trial.weights?.sha256 ?? ''}>{trial.weights?.sha256.slice(0, 16) ?? ''}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function datasetText({ name, image, train, test }: DatasetManifest): string {
  const pictures = `${formatCount(train.images)} training and ${formatCount(test.images)} test pictures`;
  return `${name}: ${pictures} of ${image.height} x ${image.width} x ${image.channels}`;
}

/** The sweep as a command for a shell. JSON is YAML, so the values stand as they are, a key to a line. */
function repeatCommand(spec: SpecJson): string {
  const lines = Object.entries(spec).flatMap(([key, value]) =>
    key === 'parameters' && typeof value === 'object' && value !== null
      ? ['parameters:', ...Object.entries(value).map(([name, given]) => `  ${name}: ${JSON.stringify(given)}`)]
      : [`${key}: ${JSON.stringify(value)}`],
  );
  return ["npx gradpool sweep run /dev/stdin --watch <<'SWEEP'", ...lines, 'SWEEP'].join('\n');
}

const distinct = (values: readonly (string | null)[]): string[] =>
  [...new Set(values.filter((value) => value !== null))].sort();

/** `2026-11-22 04:31 UTC`. */
const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
