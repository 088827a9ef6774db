import { scoreText, validationLabel } from '@gradpool/experiment';
import { rungMetric, type Leaderboard } from '@gradpool/protocol';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { formatPlural } from '../screen/units.ts';

const rowsMax = 200;

/** The cells that were stopped early, and why. */
export function Pruned({ board }: { readonly board: Leaderboard }) {
  const { pruned, rows } = board;
  const { like } = rungMetric(board);
  const names = namingParameters([...rows, ...pruned]);
  const saved = pruned.reduce((sum, { epochsSaved }) => sum + epochsSaved, 0);
  return (
    <div className="scroll">
      <table>
        <caption>
          {formatPlural(pruned.length, 'cell was', 'cells were')} not among the best when cells were compared by{' '}
          {validationLabel(like)}, so not trained to the end and not ranked; {formatPlural(saved, 'epoch')} saved.
          {pruned.length > rowsMax && ` The first ${rowsMax}.`}
        </caption>
        <thead>
          <tr>
            <th scope="col" className="left">
              cell
            </th>
            {['after epoch', 'place', 'went on', `mean ${validationLabel(like)}`].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pruned.slice(0, rowsMax).map(({ cellId, parameters, epoch, place, of, kept, mean }) => (
            <tr key={cellId}>
              <td className="left">{parametersLabel(parameters, names)}</td>
              <td>{epoch}</td>
              <td>{`${place} of ${of}`}</td>
              <td>{kept}</td>
              <td>{scoreText(like, mean)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
