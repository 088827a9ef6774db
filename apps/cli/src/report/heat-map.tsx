import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { scaleSequential, scaleSequentialLog } from 'd3-scale';
import { interpolateCividis } from 'd3-scale-chromatic';
import { boardDecimals, linearRivalOf } from '../screen/grid.ts';
import { formatMse } from '../screen/units.ts';
import type { Slice } from './slices.ts';

/** Mean test error by latent size and noise: a table for readers of tables, a map for everybody else. One colour means one error in `all`. */
export function HeatMap({ slice, all }: { readonly slice: Slice; readonly all: Leaderboard }) {
  const { grid } = slice;
  const shade = shadesOf(all.rows.map(({ mean }) => mean));
  return (
    <figure>
      <div className="scroll">
        <table className="heat">
          <thead>
            <tr>
              <th scope="col">latent k</th>
              {grid.noises.map((noise) => (
                <th key={noise} scope="col">
                  noise {noise}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {grid.latents.map((latent) => (
              <tr key={latent}>
                <th scope="row">{latent}</th>
                {grid.noises.map((noise) => (
                  <HeatCell key={noise} slice={slice} row={grid.cell(latent, noise)} shade={shade} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

interface HeatCellProps {
  readonly slice: Slice;
  readonly row: LeaderboardRow | undefined;
  readonly shade: Shade;
}

function HeatCell({ slice: { board }, row, shade }: HeatCellProps) {
  if (!row) return <td className="heat-cell">–</td>;
  const linear = linearRivalOf(board, row);
  const decimals = boardDecimals(board);
  return (
    <td className="heat-cell" style={shade(row.mean)}>
      <strong>{formatMse(row.mean, decimals)}</strong>
      <small>{row.ci95 === null ? `n = ${row.n}` : `± ${formatMse(row.ci95, decimals)}, n = ${row.n}`}</small>
      {linear === null || linear === 0 ? null : <small>{signedPercent(row.mean / linear - 1)} to linear</small>}
    </td>
  );
}

/** `-23.4 %`, `+1.0 %`. */
const signedPercent = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

type Shade = (value: number) => { readonly background: string; readonly color: string };

/** A colour for each value, made for eyes that do not tell red from green, and the ink that can be read on it. */
function shadesOf(values: readonly number[]): Shade {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = low > 0 && high / low > 4 ? scaleSequentialLog : scaleSequential;
  const position = scale<number>([low, low === high ? low + 1 : high], (share) => share);
  return (value) => ({
    background: interpolateCividis(position(value)),
    color: position(value) > 0.48 ? 'black' : 'white',
  });
}
