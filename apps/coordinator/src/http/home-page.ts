import { cellLabel } from '@gradpool/experiment';
import type { Leaderboard, SweepView } from '@gradpool/protocol';
import { escapeHtml, page } from './page.ts';

export interface SweepOnPage {
  readonly view: SweepView;
  readonly leaderboard: Leaderboard;
}

/** Rows of one table on the page; the API has them all. */
const rowsMax = 100;

/** The sweeps with their verified figures, or how to get in. `token` is kept in the links. */
export function homePage({ sweeps, token }: { sweeps: readonly SweepOnPage[] | null; token: string | null }): string {
  const query = token === null ? '' : `?token=${encodeURIComponent(token)}`;
  const shown =
    sweeps === null
      ? enter
      : sweeps.length === 0
        ? '<p>No sweep yet.</p>'
        : sweeps.map((sweep) => section(sweep, query)).join('');
  const links = `<p><a href="/verified">What “verified” means</a> · <a href="/api/docs">HTTP API</a></p>`;
  return page('gradpool', `<h1>gradpool</h1>${shown}${links}`);
}

const enter =
  '<form><p>This coordinator is running. Its tokens were printed at its first start and stand in <code>tokens.json</code> in its data folder.</p>' +
  '<p><label>Token (viewer is enough): <input name="token" type="password" autocomplete="off" required></label> <button>Show the sweeps</button></p></form>';

function section({ view, leaderboard }: SweepOnPage, query: string): string {
  const { waiting, running, verifying, complete, failed } = view.trials;
  const link = (path: string, text: string): string =>
    `<a href="/api/sweeps/${view.sweepId}${path}${query}">${text}</a>`;
  const csv = `<a href="/api/sweeps/${view.sweepId}/export${query === '' ? '?' : `${query}&amp;`}format=csv">CSV</a>`;
  return (
    `<h2>${escapeHtml(view.name)}</h2><p>${view.state}: ${view.cellsDone} of ${view.cells} cells done; trials: ` +
    `${complete} verified, ${verifying} being verified, ${running} running, ${waiting} waiting, ${failed} failed.</p>` +
    table(leaderboard) +
    `<p>${link('', 'sweep')} · ${link('/trials', 'trials')} · ${link('/leaderboard', 'leaderboard')} · ${csv}</p>`
  );
}

function table({ rows, baselines, metric }: Leaderboard): string {
  if (rows.length === 0) return '<p>Nothing verified yet.</p>';
  const number = (value: number | null): string => (value === null ? '–' : value.toPrecision(4));
  const cells = rows
    .slice(0, rowsMax)
    .map(
      ({ parameters, mean, sd, ci95, n, rank }) =>
        `<tr><td>${escapeHtml(cellLabel(parameters))}</td><td>${number(mean)}</td><td>${number(sd)}</td>` +
        `<td>${number(ci95)}</td><td>${n}</td><td>${rank ?? '–'}</td></tr>`,
    );
  const others = baselines.slice(0, rowsMax).map(({ baseline, latent, noise, testMse }) => {
    const name = `${baseline}${latent === null ? '' : `, rank ${latent}`}, noise ${noise}`;
    return `<tr><td>baseline ${escapeHtml(name)}</td><td>${number(testMse)}</td><td></td><td></td><td></td><td></td></tr>`;
  });
  const head = `<tr><th>cell</th><th>mean ${escapeHtml(metric)}</th><th>sd</th><th>95 % ±</th><th>n</th><th>rank</th></tr>`;
  return `<table>${head}${cells.join('')}${others.join('')}</table>`;
}
