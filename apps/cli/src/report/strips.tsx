import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { differenceStrip, pictureStrip } from './picture-strip.ts';
import type { CellDetail, CellPictures, ReportData } from './report-data.ts';

interface Shown {
  readonly label: string;
  readonly noise: number;
  readonly pictures: CellPictures;
}

/** Originals, noisy inputs and what the models make of them, one figure for each noise factor. */
export function Strips({ data }: { readonly data: ReportData }) {
  const shown = shownPictures(data);
  const noises = [...new Set(shown.map(({ noise }) => noise))].sort((a, b) => a - b);
  if (noises.length === 0) return <p>No pictures of these trials were kept.</p>;
  return noises.map((noise) => <NoiseStrips key={noise} shown={shown.filter((one) => one.noise === noise)} />);
}

function NoiseStrips({ shown }: { readonly shown: readonly Shown[] }) {
  const [first] = shown;
  if (!first) return null;
  const { noise, pictures } = first;
  return (
    <figure>
      <h3>Noise {noise}</h3>
      <table className="strips">
        <tbody>
          <Strip label="original" source={pictureStrip(pictures.clean, pictures)} />
          {noise > 0 && <Strip label="noisy input" source={pictureStrip(pictures.noisy, pictures)} />}
          {shown.map(({ label, pictures: made }) => [
            <Strip key={label} label={label} source={pictureStrip(made.reconstructed, made)} />,
            <Strip
              key={`${label} -`}
              label="difference"
              source={differenceStrip(made.reconstructed, made.clean, made)}
            />,
            made.drawn && <Strip key={`${label} +`} label="from the prior" source={pictureStrip(made.drawn, made)} />,
          ])}
        </tbody>
      </table>
      <figcaption>
        The first {pictures.images} test pictures after epoch {pictures.epoch}, by the best seed of each cell.
        Difference: red where the reconstruction is brighter than the original, blue where it is darker. From the prior:
        what a variational model makes of random codes. The pictures are the worker’s word; no figure depends on them.
      </figcaption>
    </figure>
  );
}

const Strip = ({ label, source }: { readonly label: string; readonly source: string }) => (
  <tr>
    <th scope="row">{label}</th>
    <td>
      <img src={source} alt="" />
    </td>
  </tr>
);

/** Cells beyond which the best and the worst have to do, where no grid gives them an order. */
const loosePicturesMax = 12;

/** By latent size where the sweep has grids, else best first; of many the best and the worst whose pictures are kept. */
function shownPictures({ board, slices, details }: ReportData): Shown[] {
  const kept = [...details.values()].filter(({ pictures }) => pictures !== null);
  const ends = kept.length > 1 ? [kept[0], kept.at(-1)] : kept;
  const chosen = slices.length > 0 ? kept.toSorted(bySize) : kept.length <= loosePicturesMax ? kept : ends;
  const names = namingParameters(board.rows).filter((name) => name !== 'noise');
  return chosen.flatMap((detail) => {
    if (!detail?.pictures) return [];
    const { noise = 0 } = detail.row.parameters;
    const label = parametersLabel(detail.row.parameters, names);
    return [{ label: label || 'reconstruction', noise: Number(noise), pictures: detail.pictures }];
  });
}

const latentOf = ({ row }: CellDetail): number => Number(row.parameters['latent']);
const bySize = (a: CellDetail, b: CellDetail): number => latentOf(a) - latentOf(b);
