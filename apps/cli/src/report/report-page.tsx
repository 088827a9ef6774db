import { metricOf, reconstructs, trialKind } from '@gradpool/experiment';
import type { Leaderboard } from '@gradpool/protocol';
import { renderToStaticMarkup } from 'react-dom/server';
import { Curves, ErrorChart } from './charts.tsx';
import { findingsOf, type Finding } from './findings.ts';
import { HeatMap } from './heat-map.tsx';
import { MapSection } from './map-section.tsx';
import { DetailsSection } from './details-section.tsx';
import { Provenance } from './provenance.tsx';
import { PublishedSection } from './published-section.tsx';
import type { ReportData } from './report-data.ts';
import type { Slice } from './slices.ts';
import { Strips } from './strips.tsx';
import { style } from './style.ts';
import { Pruned } from './pruned.tsx';
import { Baselines, Comparisons, Ranking } from './tables.tsx';

/** Nothing is fetched and nothing runs: the page holds all it shows. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** The report as one HTML text. `now`: ms since 1970, said as when it was made. */
export const reportPage = (data: ReportData, now: number): string =>
  `<!doctype html>\n${renderToStaticMarkup(<Page data={data} now={now} />)}\n`;

function Page({ data, now }: { readonly data: ReportData; readonly now: number }) {
  const { sweep, board, slices } = data;
  // What is drawn by latent size and noise is an error beside that of linear methods.
  const grids = board.metric === 'test_mse' ? slices : [];
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta httpEquiv="Content-Security-Policy" content={policy} />
        <meta name="color-scheme" content="light dark" />
        <title>{`${sweep.name}: report`}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <h1>{sweep.name}</h1>
        <p className="dim">
          How the {metricOf(board.metric).label} of autoencoders depends on their settings: measured by gradpool, every
          figure verified.
          {board.metric === 'test_mse' ? '' : ` It is the ${metricOf(board.metric).meaning}.`}
        </p>
        <h2>Findings</h2>
        {findingsOf(data).map((finding) => (
          <FindingText key={finding.title} finding={finding} />
        ))}
        {grids.length > 0 && <h2>Error by latent size and noise</h2>}
        {grids.map((slice) => (
          <SliceSection key={slice.label} slice={slice} all={board} />
        ))}
        {grids.length > 0 && (
          <p className="dim">
            Mean squared error per pixel on all test pictures, lower is better; ± half of the 95 % interval over seeds.
            Below it: the distance to the best linear method of that size (PCA on clean pictures, the best linear
            denoiser on noisy ones), which the charts show as dashes.
          </p>
        )}
        <h2>Ranking</h2>
        <Ranking board={data.board} />
        {board.pruned.length > 0 && (
          <>
            <h2>Stopped early</h2>
            <Pruned board={board} />
          </>
        )}
        <PublishedSection data={data} />
        <DetailsSection data={data} />
        <h2>The codes of the best and the worst trial</h2>
        <MapSection data={data} />
        {board.rows.some(({ parameters }) => reconstructs(trialKind(parameters))) && (
          <>
            <h2>Reconstructions</h2>
            <Strips data={data} />
          </>
        )}
        <h2>Training curves</h2>
        <Curves data={data} />
        {board.baselines.length + sweep.baselinesWaiting > 0 && (
          <>
            <h2>Baselines: what needs no training</h2>
            <Baselines board={board} />
          </>
        )}
        <h2>What was run</h2>
        <Provenance data={data} now={now} />
      </body>
    </html>
  );
}

const FindingText = ({ finding: { title, sentences, comparisons } }: { readonly finding: Finding }) => (
  <>
    <h3>{title}</h3>
    <ul>
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
    <Comparisons comparisons={comparisons} />
  </>
);

const SliceSection = ({ slice, all }: { readonly slice: Slice; readonly all: Leaderboard }) => (
  <>
    {slice.label !== '' && <h3>{slice.label}</h3>}
    <HeatMap slice={slice} all={all} />
    {slice.grid.latents.length > 1 && <ErrorChart slice={slice} />}
  </>
);
