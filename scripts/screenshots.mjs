/**
 * Takes the pictures in docs/images/ from a running coordinator: `npm start` in one terminal, then
 * `npm run screenshots -- [--data-dir FOLDER] [--sweep NAME] [--only join,room]` in another. Needs Chromium (GRADPOOL_CHROMIUM names one).
 * The join page is shown training where there is work left, and resting where there is none.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { closeBrowsers, openBrowser, whyNoBrowser } from '@gradpool/test/browser';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string', default: path.join(root, '.gradpool') },
    sweep: { type: 'string', default: 'quickstart' },
    only: { type: 'string' },
  },
});
if (whyNoBrowser !== null) throw new Error(whyNoBrowser);

const read = (name) => JSON.parse(readFileSync(path.join(values['data-dir'], name), 'utf8'));
const { url } = read('coordinator.json');
const tokens = read('tokens.json');
const images = path.join(root, 'docs', 'images');
const laptop = { width: 1280, height: 800 };
/** As wide as the pictures. */
const strip = { width: 790, height: 800 };
const phone = { width: 390, height: 844 };

const { trials } = await ask(`/api/sweeps/${values.sweep}/trials`);
const scored = trials.filter(({ score }) => score !== null).sort((a, b) => a.score - b.score);
const [best] = scored;

mkdirSync(images, { recursive: true });
const browser = await openBrowser();
try {
  await take('leaderboard', { route: `/leaderboard/${values.sweep}` });
  await take('leaderboard-dark', { route: `/leaderboard/${values.sweep}`, colorScheme: 'dark' });
  if (best) await take('run', { route: `/trials/${best.trialId}` });
  await take('heat-map', { route: `/leaderboard/${values.sweep}`, part: (page) => page.getByRole('table').first() });
  const noisy = scored.find(({ parameters }) => parameters.noise > 0);
  if (noisy)
    await take('strips', { route: `/trials/${noisy.trialId}`, part: cardOf('Reconstructions'), viewport: strip });
  await take('codes', { route: `/leaderboard/${values.sweep}/latent`, viewport: { width: 1600, height: 1000 } });
  const plane = scored.find(({ parameters }) => parameters.latent === 2);
  if (plane) await take('latent', { route: `/trials/${plane.trialId}/latent` });
  await take('new-sweep', { route: '/new', token: tokens.admin });
  await take('join', { route: '/join', token: tokens.join, settleMs: 20_000 });
  await take('join-phone', { route: '/join', token: tokens.join, viewport: phone, settleMs: 20_000 });
  await take('room', { route: '/', token: tokens.admin, beside: '/join' });
} finally {
  await closeBrowsers();
}

async function take(name, options) {
  if (values.only && !values.only.split(',').includes(name)) return;
  const {
    route,
    token = tokens.viewer,
    viewport = laptop,
    colorScheme = 'light',
    settleMs = 4_000,
    beside,
    part,
  } = options;
  const device = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 });
  if (beside) await (await device.newPage()).goto(`${url}${beside}#t=${tokens.join}`);
  const page = await device.newPage();
  await page.goto(`${url}${route}#t=${token}`);
  await page.waitForTimeout(beside ? 15_000 : settleMs);
  await (part ? part(page) : page).screenshot({ path: path.join(images, `${name}.png`) });
  console.log(`docs/images/${name}.png`);
  await device.close();
}

/** The card under a heading. */
function cardOf(name) {
  return (page) =>
    page
      .locator('.mantine-Card-root')
      .filter({ has: page.getByRole('heading', { name }) })
      .first();
}

async function ask(route) {
  const answer = await fetch(url + route, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
