import { expect } from '@jest/globals';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openBrowser } from './browser.ts';
import { completes, joinLink, startCoordinator, startWorker, submit, trialsOf, type Coordinator } from './cluster.ts';
import { freePort } from './free-port.ts';

cleanUpAfterEach();

/** Dense and convolutional, with training noise: everything that the kernels and the random numbers take part in. */
const sweepText = (name: string): string => `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  model: { values: [mlp, cnn] }
  latent: { value: 4 }
  noise: { value: 0.3 }
  hidden: { value: [32] }
  train_images: { value: 1000 }
  validation_images: { value: 100 }
  epochs: { value: 1 }
seeds: { count: 1 }
`;

/** Digest of the final weights and numeric class by model. */
async function trained(coordinator: Coordinator, name: string): Promise<Record<string, unknown>> {
  const sweep = await submit(coordinator, sweepText(name));
  await completes(coordinator, sweep);
  const trials = await trialsOf(coordinator, sweep);
  return Object.fromEntries(
    trials.map(({ parameters, weights, numericClass }) => [
      JSON.stringify(parameters['model']),
      { weights: weights?.sha256, numericClass },
    ]),
  );
}

inBrowser('the same trials end with the same bits in Node and in Chromium', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const node = startWorker(coordinator, 0);
  const inNode = await trained(coordinator, 'in-node');
  node.child.kill('SIGTERM');
  await node.exited;

  const page = await (await openBrowser()).newPage();
  await page.goto(joinLink(coordinator, '?backend=wasm'));
  const inChromium = await trained(coordinator, 'in-chromium');
  expect(Object.keys(inNode).sort()).toEqual(['"cnn"', '"mlp"']);
  expect(inChromium).toEqual(inNode);
});
