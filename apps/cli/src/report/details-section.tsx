import { className, classScores, readTrialDetails, type TrialDetails } from '@gradpool/experiment';
import type { TrialView } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { rankedRows } from '../screen/ranking.ts';
import { LineChart } from './line-chart.tsx';
import type { ReportData } from './report-data.ts';

/** What a verification said of a trial besides single figures. */
export interface DetailedTrial {
  readonly trial: TrialView;
  readonly details: TrialDetails;
}

/** Cells whose details are shown: as many as can be told apart in one chart. */
const detailedMax = 8;

/** Of the best seed of the best cells; none where the sweep's trials have none. */
export async function detailedTrials(
  api: Api,
  { board, trials }: Pick<ReportData, 'board' | 'trials'>,
): Promise<DetailedTrial[]> {
  const best = rankedRows(board)
    .slice(0, detailedMax)
    .flatMap(({ provenance }) => trials.find(({ trialId }) => trialId === provenance.bestTrialId) ?? []);
  const read = await Promise.all(
    best.map(async (trial) => {
      const details = trial.details && readTrialDetails(await api.artifact(trial.details.sha256));
      return details ? [{ trial, details }] : [];
    }),
  );
  return read.flat();
}

/** The confusion matrix of the best classifier, and the ROC curves of anomaly detectors. */
export function DetailsSection({ data: { dataset, detailed, board } }: { readonly data: ReportData }) {
  const names = namingParameters(board.rows);
  const labelOf = ({ parameters, seed }: TrialView): string =>
    [parametersLabel(parameters, names), `seed ${seed}`].filter(Boolean).join(', ');
  const [best] = detailed.flatMap(({ trial, details }) =>
    details.kind === 'classification' ? [{ label: labelOf(trial), confusion: details.confusion }] : [],
  );
  const curves = detailed.flatMap(({ trial, details }) =>
    details.kind === 'anomaly' ? [{ label: labelOf(trial), points: details.points }] : [],
  );
  return (
    <>
      {best && (
        <>
          <h2>Which classes are taken for which</h2>
          <Confusion {...best} nameOf={(label) => className(dataset, label)} />
        </>
      )}
      {curves.length > 0 && (
        <>
          <h2>How well the error tells the class left out</h2>
          <RocChart curves={curves} />
        </>
      )}
    </>
  );
}

interface ConfusionProps {
  readonly label: string;
  readonly confusion: readonly (readonly number[])[];
  /** What a class is called. */
  readonly nameOf: (label: number) => string;
}

function Confusion({ label, confusion, nameOf }: ConfusionProps) {
  const { classes, macro } = classScores(confusion);
  const most = Math.max(1, ...confusion.flatMap((row, truth) => row.filter((_, told) => told !== truth)));
  return (
    <figure>
      <div className="scroll">
        <table className="confusion">
          <thead>
            <tr>
              <th scope="col">is \ told</th>
              {confusion.map((_, told) => (
                <th key={told} scope="col">
                  {nameOf(told)}
                </th>
              ))}
              {['precision', 'recall', 'F1'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, truth) => (
              <tr key={truth}>
                <th scope="row">{nameOf(truth)}</th>
                {row.map((count, told) => (
                  <td
                    key={told}
                    style={truth === told ? undefined : { background: `rgb(214 90 40 / ${count / most})` }}
                  >
                    {truth === told ? <strong>{count}</strong> : count || ''}
                  </td>
                ))}
                {[classes[truth]?.precision, classes[truth]?.recall, classes[truth]?.f1].map((score, i) => (
                  <td key={i}>{score?.toFixed(4)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <figcaption>
        Test pictures of the best trial, {label}: a row for what they are, a column for what they are told to be; the
        darker, the more often mistaken. Means over the classes: precision {macro.precision.toFixed(4)}, recall{' '}
        {macro.recall.toFixed(4)}, F1 {macro.f1.toFixed(4)}.
      </figcaption>
    </figure>
  );
}

const chance = { label: 'chance', colour: 9, dashed: true, points: [0, 1].map((share) => ({ x: share, y: share })) };

interface RocChartProps {
  readonly curves: readonly { readonly label: string; readonly points: readonly (readonly [number, number])[] }[];
}

const RocChart = ({ curves }: RocChartProps) => (
  <figure>
    <LineChart
      title="ROC curves"
      series={[
        ...curves.map(({ label, points }, colour) => ({
          ...{ label, colour, dots: false },
          points: points.map(([x, y]) => ({ x, y })),
        })),
        chance,
      ]}
      xName="false positive rate"
      yName="true positive rate"
      xTicks={[0, 0.25, 0.5, 0.75, 1]}
      ratioX={false}
    />
    <figcaption>
      By the best seed of the {curves.length} best cells, from their error on test pictures alone.
    </figcaption>
  </figure>
);
