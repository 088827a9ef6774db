import { formatMse, formatPlural } from '../screen/units.ts';
import { publishedComparisons, type ComparedTable, type PublishedComparison } from './published.ts';
import type { ReportData } from './report-data.ts';

/** What others have stated for the same code sizes and noise factors, table by table. */
export function PublishedSection({ data: { slices, dataset, board } }: { readonly data: ReportData }) {
  const tables = board.metric === 'test_mse' ? publishedComparisons(slices, dataset) : [];
  if (tables.length === 0) return null;
  return (
    <>
      <h2>Beside published figures</h2>
      <p className="dim">
        Of a course lab on autoencoders, whose first table is described as noise-free and headed “MSE 0.3” (both
        readings are shown), and of one recipe trained in PyTorch. Theirs are single runs, as far as they say; ours are
        means over seeds, verified, on all 10,000 test pictures.
      </p>
      {tables.map((table) => (
        <Table key={table.title} table={table} />
      ))}
    </>
  );
}

function Table({ table: { title, comparisons } }: { readonly table: ComparedTable }) {
  const sliced = comparisons.some(({ slice }) => slice !== '');
  const ahead = comparisons.filter(({ mean, error }) => mean < error).length;
  return (
    <>
      <h3>{title}</h3>
      <p>
        {ahead === comparisons.length
          ? `Below it in ${comparisons.length === 1 ? 'its one row' : `all ${comparisons.length} rows`} that this sweep has.`
          : `Below it in ${ahead} of ${formatPlural(comparisons.length, 'row')} that this sweep has.`}
      </p>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              {['latent k', 'noise', 'published', 'here', 'difference', 'seeds'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {sliced && (
                <th scope="col" className="left">
                  which cell
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {comparisons.map((row) => (
              <Row key={`${row.latent} ${row.noise}`} row={row} sliced={sliced} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface RowProps {
  readonly row: PublishedComparison;
  readonly sliced: boolean;
}

function Row({ row: { latent, noise, error, mean, ci95, n, slice }, sliced }: RowProps) {
  const share = 100 * (mean / error - 1);
  return (
    <tr>
      <td>{latent}</td>
      <td>{noise}</td>
      <td>{formatMse(error, 4)}</td>
      <td>
        {formatMse(mean, 5)}
        {ci95 === null ? '' : ` ± ${formatMse(ci95, 5)}`}
      </td>
      <td className={share < 0 ? 'good' : 'bad'}>
        {share < 0 ? '−' : '+'}
        {Math.abs(share).toFixed(1)} %
      </td>
      <td>{n}</td>
      {sliced && <td className="left">{slice}</td>}
    </tr>
  );
}
