import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mnistManifest, writeCodeMap } from '@gradpool/experiment';
import {
  apiError,
  dryRunAnswer,
  embeddingAnswer,
  exportAnswer,
  healthAnswer,
  httpLimits,
  leaderboard,
  readyAnswer,
  statsAnswer,
  submitAnswer,
  sweepsAnswer,
  sweepView,
  trialsAnswer,
  trialView,
  workersAnswer,
} from '@gradpool/protocol';
import { afterEach, describe, expect, test } from '@jest/globals';
import { datasetSources } from '../datasets/dataset-sources.ts';
import { postJson, submit, tinySweep } from '../testing/sweeps.ts';
import { joinAs } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { digestOf, trainOutcome, weightsFor } from '../testing/weights.ts';

afterEach(stopTestCoordinators);

async function told(answer: Response): Promise<{ status: number; code: string; message: string }> {
  return { status: answer.status, ...apiError.parse(await answer.json()) };
}

describe('access', () => {
  test.each([
    ['GET', '/api/sweeps', 'viewer'],
    ['GET', '/api/workers', 'viewer'],
    ['GET', '/api/stats', 'viewer'],
    ['GET', '/metrics', 'viewer'],
    ['GET', `/data/${'a'.repeat(64)}`, 'viewer'],
    ['PUT', `/api/artifacts/${'a'.repeat(64)}`, 'join'],
    ['POST', '/api/sweeps', 'admin'],
    ['POST', '/api/sweeps/any/pause', 'admin'],
    ['POST', '/api/sweeps/any/extend', 'admin'],
  ] as const)('[H1] %s %s needs %s', async (method, to, role) => {
    const room = await testCoordinator();
    expect(await told(await room.request(to, { method, role: null }))).toMatchObject({ status: 401, code: 'E_TOKEN' });
    const wrong = { authorization: 'Bearer wrong' };
    expect(await told(await room.request(to, { method, role: null, headers: wrong }))).toMatchObject({ status: 401 });
    const roles = ['viewer', 'join', 'trusted', 'admin'] as const;
    for (const lower of roles.slice(0, roles.indexOf(role))) {
      const refused = await told(await room.request(to, { method, role: lower }));
      expect(refused).toMatchObject({ status: 403, code: 'E_ROLE', message: expect.stringContaining(role) });
    }
    expect([401, 403]).not.toContain((await room.request(to, { method, role })).status);
  });

  test('[H1] the token may stand in the query', async () => {
    const room = await testCoordinator();
    const answer = await room.request(`/api/sweeps?token=${room.tokens.viewer}`, { role: null });
    expect(answer.status).toBe(200);
  });

  test('[H2] a page of another origin may not change anything, whatever its token', async () => {
    const room = await testCoordinator({ allowedOrigins: ['https://lab.example'] });
    const from = (origin: string): RequestInit => {
      const init = postJson({ spec: tinySweep() });
      return { ...init, headers: { ...(init.headers as Record<string, string>), origin } };
    };
    expect(await told(await room.request('/api/sweeps', from('https://evil.example')))).toMatchObject({
      status: 403,
      code: 'E_ORIGIN',
    });
    expect(room.room.sweeps()).toEqual([]);
    for (const origin of [room.url, 'https://lab.example']) {
      expect((await room.request('/api/sweeps', from(origin))).status).toBe(200);
    }
  });
});

describe('sweeps', () => {
  test('[H3] the same sweep twice is one sweep', async () => {
    const room = await testCoordinator();
    const first = await submit(room);
    const again = submitAnswer.parse(await submit(room, { ...tinySweep(), seeds: { count: 1 } }));
    expect(first).toMatchObject({ created: true, cells: 1, trials: 1 });
    expect(again).toEqual({ ...first, created: false });
    expect(sweepsAnswer.parse(await (await room.request('/api/sweeps')).json()).sweeps).toHaveLength(1);
  });

  test('[H3] at the same time as well', async () => {
    const room = await testCoordinator();
    const answers = await Promise.all([submit(room), submit(room), submit(room)]);
    expect(new Set(answers.map(({ sweepId }) => sweepId)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });

  test('[H4] a typo is refused with the nearest key and its line, and nothing is stored', async () => {
    const room = await testCoordinator();
    const yaml = 'name: typo\nparameters:\n  latnet: {values: [2, 8]}\n';
    const refused = await told(await room.request('/api/sweeps', postJson({ yaml })));
    expect(refused).toMatchObject({ status: 422, code: 'E_SWEEP_UNKNOWN_PARAMETER' });
    expect(refused.message).toMatch(/line 3.*latnet.*latent/s);
    expect(room.room.sweeps()).toEqual([]);
  });

  test('[H4] a body that is no JSON, of a wrong shape or too large is refused', async () => {
    const room = await testCoordinator();
    const post = (body: string, type = 'application/json') =>
      room.request('/api/sweeps', { method: 'POST', headers: { 'content-type': type }, body });
    expect(await told(await post('{'))).toMatchObject({ status: 400, code: 'E_BODY' });
    expect(await told(await post('{"yml": "name: a"}'))).toMatchObject({ status: 400, code: 'E_BODY' });
    expect(await told(await post('name: a', 'text/plain'))).toMatchObject({ status: 415, code: 'E_BODY' });
    const large = JSON.stringify({ yaml: 'x'.repeat(httpLimits.jsonBytesMax) });
    expect(await told(await post(large))).toMatchObject({ status: 413, code: 'E_BODY_TOO_LARGE' });
  });

  test('[D2] a sweep over a wrong data file is refused by the name of the file, and nothing is stored', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'gradpool-wrong-'));
    await writeFile(path.join(folder, 'train-images-idx3-ubyte'), 'wrong');
    const room = await testCoordinator({ datasets: [{ manifest: mnistManifest, folder, remedy: 'replace it' }] });
    const refused = await told(await room.request('/api/sweeps', postJson({ spec: tinySweep() })));
    expect(refused).toMatchObject({ status: 503, code: 'E_DATA_DIGEST' });
    expect(refused.message).toContain('train-images-idx3-ubyte has SHA-256 ');
    expect(refused.message).toContain(mnistManifest.files[0]?.sha256);
    expect([room.room.sweeps(), room.faults]).toEqual([[], []]);
    await rm(folder, { recursive: true });
  });

  test('[D2] a data set that is not served here is refused with what to do', async () => {
    const room = await testCoordinator({ datasets: datasetSources({ fashionDir: '/nowhere' }) });
    const spec = { ...tinySweep(), parameters: { ...tinySweep().parameters, dataset: { value: 'fashion-mnist' } } };
    const refused = await told(await room.request('/api/sweeps', postJson({ spec })));
    expect(refused).toMatchObject({
      status: 503,
      code: 'E_DATA_UNAVAILABLE',
      message: expect.stringContaining('--fashion-dir'),
    });
  });

  test('[H5] a dry run stores nothing and estimates from the connected workers', async () => {
    const room = await testCoordinator();
    const body = postJson({ spec: { ...tinySweep(), seeds: { count: 3 } } });
    const dryRun = async () => dryRunAnswer.parse(await (await room.request('/api/sweeps?dryRun=true', body)).json());
    expect(await dryRun()).toEqual({ cells: 1, trials: 3, seeds: 3, estimateMs: null });
    await joinAs({ url: room.url, token: room.tokens.join }, { flopsPerSecond: 1e9, slots: 1 });
    const alone = (await dryRun()).estimateMs ?? 0;
    await joinAs({ url: room.url, token: room.tokens.join }, { flopsPerSecond: 1e9, slots: 1 });
    const pair = (await dryRun()).estimateMs ?? 0;
    expect(pair).toBeLessThan(alone);
    expect(pair).toBeGreaterThan(alone / 3);
    expect(room.room.sweeps()).toEqual([]);
  });

  test('[H6] pause, resume, cancel, extend: by id or by name', async () => {
    const room = await testCoordinator();
    const { sweepId } = await submit(room);
    const command = async (name: string) => (await room.request(`/api/sweeps/tiny/${name}`, { method: 'POST' })).json();
    expect(await command('pause')).toEqual({ sweepId, state: 'paused' });
    expect(await command('resume')).toEqual({ sweepId, state: 'running' });
    const additions = postJson({ parameters: { latent: [2, 3] }, seeds: 2 });
    const extended = await (await room.request(`/api/sweeps/${sweepId}/extend`, additions)).json();
    expect(extended).toEqual({ sweepId, trialsAdded: 5, cells: 3, trials: 6 });
    const again = await (await room.request(`/api/sweeps/${sweepId}/extend`, additions)).json();
    expect(again).toEqual({ sweepId, trialsAdded: 0, cells: 3, trials: 6 });
    const { trials } = trialsAnswer.parse(await (await room.request('/api/sweeps/tiny/trials')).json());
    expect(trials.map(({ parameters, seed }) => `${JSON.stringify(parameters['latent'])} ${seed}`).sort()).toEqual([
      '1 0',
      '1 1',
      '2 0',
      '2 1',
      '3 0',
      '3 1',
    ]);
    expect(await command('cancel')).toEqual({ sweepId, state: 'cancelled' });
    expect(await command('sing')).toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('[H6] two extensions at once add each cell once', async () => {
    const room = await testCoordinator();
    await submit(room);
    const extend = () => room.request('/api/sweeps/tiny/extend', postJson({ parameters: { latent: [2, 3] } }));
    const answers = await Promise.all([extend(), extend()]);
    const added = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { trialsAdded: number }).trialsAdded),
    );
    expect(added.sort()).toEqual([0, 2]);
    expect(room.faults).toEqual([]);
  });

  test('[H6] an extension that would take something away is refused', async () => {
    const room = await testCoordinator();
    await submit(room, { ...tinySweep(), seeds: { count: 3 } });
    expect(await told(await room.request('/api/sweeps/tiny/extend', postJson({ seeds: 2 })))).toMatchObject({
      status: 422,
      code: 'E_SWEEP_EXTEND',
    });
  });

  test('[H7] an unknown sweep, trial or path is told so', async () => {
    const room = await testCoordinator();
    for (const to of [
      '/api/sweeps/none',
      '/api/sweeps/none/trials',
      '/api/sweeps/none/leaderboard',
      '/api/sweeps/none/export',
      '/api/trials/none',
      '/api/trials/none/metrics',
      '/api/none',
      '/none',
    ]) {
      expect(await told(await room.request(to))).toMatchObject({ status: 404, code: 'E_NOT_FOUND' });
    }
  });
});

/** Trains and verifies the one trial of a tiny sweep. */
async function finishTrial(room: TestCoordinator) {
  const { sweepId } = await submit(room);
  const trainer = await joinAs({ url: room.url, token: room.tokens.join });
  const evaluator = await joinAs({ url: room.url, token: room.tokens.trusted }, { kind: 'evaluate', slots: 4 });
  trainer.client.send({ type: 'pull', want: 1 });
  const { lease, work } = await trainer.client.next('lease');
  if (work.kind !== 'train') throw new Error(work.kind);
  trainer.client.send({ type: 'result', lease, outcome: trainOutcome(await room.putArtifact(weightsFor(work.spec))) });
  await trainer.client.next('settled');
  for (let done = 0; done < 2; done += 1) {
    evaluator.client.send({ type: 'pull', want: 1 });
    const { lease: judged, work: task } = await evaluator.client.next('lease');
    const outcome =
      task.kind === 'baseline'
        ? { kind: 'baseline' as const, values: task.tasks.map((each) => ({ ...each, testMse: 0.07 })), durationMs: 1 }
        : { kind: 'verify' as const, score: 0.05, measures: {}, details: null, reason: null, durationMs: 1 };
    evaluator.client.send({ type: 'result', lease: judged, outcome });
    await evaluator.client.next('settled');
  }
  return { sweepId, trialId: work.trialId, evaluator: evaluator.client };
}

describe('results', () => {
  test('[H8] every answer has the shape that the protocol says', async () => {
    const room = await testCoordinator();
    const { sweepId, trialId } = await finishTrial(room);
    const get = async (to: string): Promise<unknown> => (await room.request(to, { role: 'viewer' })).json();
    expect(sweepView.parse(await get(`/api/sweeps/${sweepId}`))).toMatchObject({ state: 'complete', cellsDone: 1 });
    expect(trialView.parse(await get(`/api/trials/${trialId}`))).toMatchObject({ state: 'complete', score: 0.05 });
    expect(workersAnswer.parse(await get('/api/workers')).workers).toHaveLength(2);
    expect(statsAnswer.parse(await get('/api/stats'))).toMatchObject({ workersConnected: 2 });
    const board = leaderboard.parse(await get('/api/sweeps/tiny/leaderboard'));
    expect(board.rows).toMatchObject([{ n: 1, mean: 0.05, sd: null, rank: null }]);
    expect(board.baselines.map(({ baseline }) => baseline).sort()).toEqual(['mean_image', 'pca']);
    expect(exportAnswer.parse(await get('/api/sweeps/tiny/export?format=json')).trials).toHaveLength(1);
  });

  test('[H9] the codes of a complete trial are mapped and come with it; a map that is not whole is an error', async () => {
    const room = await testCoordinator();
    const { trialId, evaluator } = await finishTrial(room);
    const ask = (id: string) => room.request(`/api/trials/${id}/embedding`, { method: 'POST', role: 'viewer' });
    expect(embeddingAnswer.parse(await (await ask(trialId)).json())).toEqual({ trialId, embedding: null });
    const apart = { silhouette: 0.5, neighbourAccuracy: 0.75 };
    const separation = { codes: apart, pca: apart, tsne: apart };
    const map = await room.putArtifact(
      writeCodeMap({
        count: 2,
        labels: Uint8Array.of(3, 4),
        tsne: new Float32Array(4),
        pca: new Float32Array(4),
      }),
    );
    for (const points of [3, 2]) {
      evaluator.send({ type: 'pull', want: 1 });
      const { lease, work } = await evaluator.next('lease');
      expect(work).toMatchObject({ kind: 'embed', trialId });
      const outcome = { kind: 'embed', map: map as never, points, separation, durationMs: 1 } as const;
      evaluator.send({ type: 'result', lease, outcome });
      if (points === 3) expect(await evaluator.next('error')).toMatchObject({ code: 'E_EMBEDDING' });
      await evaluator.next('settled');
    }
    const stored = { map, points: 2, separation };
    expect(await (await ask(trialId)).json()).toMatchObject({ embedding: stored });
    const shown = await (await room.request(`/api/trials/${trialId}`, { role: 'viewer' })).json();
    expect(trialView.parse(shown)).toMatchObject({ embedding: stored });
    expect((await room.store.load()).embeddings).toMatchObject([{ trialId, map }]);
    await submit(room, tinySweep('other'));
    const [waiting] = room.room.state.trials.keys();
    expect(await told(await ask('none'))).toMatchObject({ status: 404 });
    const open = [...room.room.state.trials.keys()].find((id) => id !== waiting) ?? '';
    expect(await told(await ask(open))).toMatchObject({ status: 409, code: 'E_TRIAL_OPEN' });
  });

  test('[H8] the CSV export has a header and one line per verified trial', async () => {
    const room = await testCoordinator();
    await finishTrial(room);
    const answer = await room.request('/api/sweeps/tiny/export?format=csv', { role: 'viewer' });
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename=tiny.csv');
    const lines = (await answer.text()).trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^sweep,latent,hidden,epochs,seed,metric,score/);
    expect(await told(await room.request('/api/sweeps/tiny/export?format=xml'))).toMatchObject({
      status: 400,
      code: 'E_QUERY',
    });
  });
});

describe('artifacts', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  const to = `/api/artifacts/${digestOf(bytes)}`;
  const put = (room: TestCoordinator, body: Uint8Array, path = to) =>
    room.request(path, { method: 'PUT', body: Buffer.from(body), role: 'join' });

  test('[A2] are put once, and come back with their digest as ETag', async () => {
    const room = await testCoordinator();
    expect((await room.request(to, { method: 'HEAD', role: 'viewer' })).status).toBe(404);
    expect((await put(room, bytes)).status).toBe(201);
    expect((await put(room, bytes)).status).toBe(200);
    const head = await room.request(to, { method: 'HEAD', role: 'viewer' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '8']);
    const got = await room.request(to, { role: 'viewer' });
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes);
    const etag = got.headers.get('etag') ?? '';
    expect(etag).toBe(`"${digestOf(bytes)}"`);
    expect((await room.request(to, { role: 'viewer', headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  test('[A2] of another digest, or too large, are refused and leave nothing', async () => {
    const room = await testCoordinator();
    expect(await told(await put(room, bytes.subarray(1)))).toMatchObject({ status: 422, code: 'E_ARTIFACT_DIGEST' });
    expect(await told(await put(room, bytes, '/api/artifacts/nonsense'))).toMatchObject({ status: 404 });
    expect((await room.request(to, { role: 'viewer' })).status).toBe(404);
  });
});

describe('data', () => {
  const labels = mnistManifest.files.find(({ role }) => role === 'test-labels') ?? { sha256: '', bytes: 0 };

  test('[D3] a file is immutable, has its digest as ETag, and answers ranges and conditions', async () => {
    const room = await testCoordinator();
    const get = (headers: Record<string, string> = {}) =>
      room.request(`/data/${labels.sha256}`, { role: 'join', headers });
    const whole = await get();
    expect(whole.headers.get('etag')).toBe(`"${labels.sha256}"`);
    expect(whole.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(labels.sha256);
    const same = await get({ 'if-none-match': `"${labels.sha256}"` });
    expect([same.status, await same.text()]).toEqual([304, '']);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
    const part = await get({ range: 'bytes=8-11' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 8-11/${labels.bytes}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(8, 12));
    expect((await get({ range: 'bytes=99999999-' })).status).toBe(416);
  });

  test('[D3] the manifest of a sweep names its files', async () => {
    const room = await testCoordinator();
    await submit(room);
    const dataset = room.room.sweeps()[0]?.dataset ?? '';
    expect(await (await room.request(`/api/datasets/${dataset}`, { role: 'viewer' })).json()).toEqual(mnistManifest);
    expect(await told(await room.request(`/data/${'0'.repeat(64)}`))).toMatchObject({
      status: 404,
      code: 'E_NOT_FOUND',
    });
  });
});

describe('operations', () => {
  test('[O1] health and readiness need no token', async () => {
    const room = await testCoordinator();
    expect(healthAnswer.parse(await (await room.request('/api/health', { role: null })).json()).status).toBe('ok');
    const ready = await room.request('/api/ready', { role: null });
    expect([ready.status, readyAnswer.parse(await ready.json()).status]).toEqual([200, 'ready']);
  });

  test('[O2] the metrics tell what was done', async () => {
    const room = await testCoordinator();
    await finishTrial(room);
    const text = await (await room.request('/metrics', { role: 'viewer' })).text();
    expect(text).toContain('gradpool_trials{state="complete"} 1');
    expect(text).toContain('gradpool_messages_in_total{type="result"} 3');
    expect(text).toContain('gradpool_workers 2');
  });

  test('[O3] the API describes itself without looking anywhere else', async () => {
    const room = await testCoordinator();
    const text = await (await room.request('/api/openapi.json', { role: null })).text();
    const document = JSON.parse(text) as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths).sort()).toContain('/api/sweeps/{sweep}/leaderboard');
    expect(text).not.toContain('$ref');
    const page = await (await room.request('/api/docs', { role: null })).text();
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect((await room.request('/api/docs/swagger-ui-bundle.js', { role: null })).status).toBe(200);
  });
});
