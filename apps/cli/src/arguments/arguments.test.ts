import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildProgram } from '../program.ts';
import { run } from '../run.ts';
import { readAddition } from './additions.ts';
import { wholeNumber } from './options.ts';
import { coordinatorArguments, hostOf, sweepFileOf } from './up-arguments.ts';

/** Runs a command line that must end before it does anything, with what it said on the error output. */
async function refused(...argv: string[]): Promise<{ exit: number; said: string }> {
  const said: string[] = [];
  const exit = await run(argv, (text) => said.push(text));
  return { exit, said: said.join('') };
}

describe('[O4] command lines that are refused, with exit code 2', () => {
  test.each([
    [['leaderbord'], /^E_USAGE: unknown command 'leaderbord'\n\(Did you mean leaderboard\?\)/],
    [['up', '--thread', '3'], /^E_USAGE: unknown option '--thread'\n\(Did you mean --threads\?\)/],
    [['up', '--threads', 'many'], /^E_USAGE: .*'many' is invalid\. Expected a whole number from 0 to 64/],
    [['up', '--workers', '2', '--threads', '3'], /^E_USAGE: .*--workers <n>' cannot be used with .*--threads <n>/],
    [['up', '--port', '70000'], /^E_USAGE: .*Expected a whole number from 0 to 65535/],
    [['up', '--once', '--no-sweep'], /^E_USAGE: --once waits for the table of a sweep, and --no-sweep submits none/],
    [['up', '--sweep', 'absent.yaml'], /^E_FILE: cannot read the sweep file .*absent\.yaml \(.*\); check the path/],
    [['worker', '--threads', '0'], /^E_USAGE: .*from 1 to 64/],
    [['sweep', 'run'], /^E_USAGE: missing required argument 'file'/],
    [['sweep', 'extend', 's', '--parameter', 'latent'], /^E_USAGE: .*Expected a name and values, such as latent=4,16/],
    [['export', 's', '--format', 'xml'], /^E_USAGE: .*Allowed choices are csv, json/],
    [
      ['status', '--url', 'nowhere', '--token', 't'],
      /^E_USAGE: --url takes an http:\/\/ or https:\/\/ address, not nowhere/,
    ],
  ])('%j', async (argv, said) => {
    expect(await refused(...argv)).toEqual({ exit: 2, said: expect.stringMatching(said) });
  });
});

test('every command has a summary, an example and --json', () => {
  const commands = buildProgram().commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands : [command],
  );
  expect(commands.map((command) => command.name())).toEqual([
    'up',
    'worker',
    'run',
    'list',
    'show',
    'pause',
    'resume',
    'cancel',
    'extend',
    'run',
    'list',
    'remove',
    'end',
    'open',
    'status',
    'leaderboard',
    'export',
    'report',
    'add',
    'list',
    'remove',
    'fetch',
  ]);
  for (const command of commands) {
    const said: string[] = [];
    command.configureOutput({ writeOut: (text) => said.push(text) }).outputHelp();
    expect(command.summary()).not.toBe('');
    expect(said.join('')).toMatch(/--json[^]*\nExample:\n {2}\$ gradpool /);
  }
});

test('up runs the quick start, a named sweep, or none', () => {
  const parsed = (...argv: string[]) => {
    const up = buildProgram().commands.find((command) => command.name() === 'up');
    up?.parseOptions(argv);
    return sweepFileOf(up?.getOptionValue('sweep') as string | false | undefined, () => 'quickstart.yaml');
  };
  expect(parsed()).toBe('quickstart.yaml');
  expect(parsed('--sweep', 'paper.yaml')).toBe(resolve('paper.yaml'));
  expect(parsed('--no-sweep')).toBeNull();
});

test('whole numbers within bounds', () => {
  const read = wholeNumber(0, 10);
  expect([read('0'), read('10')]).toEqual([0, 10]);
  for (const text of ['', ' ', '-1', '11', '1.5', 'x', 'Infinity']) expect(() => read(text)).toThrow(/from 0 to 10/);
});

describe('values to add to a sweep', () => {
  test.each([
    ['latent=4,16', { latent: [4, 16] }],
    ['noise=0.3', { noise: [0.3] }],
    ['model=mlp,cnn', { model: ['mlp', 'cnn'] }],
    ['hidden=[64,32],[128]', { hidden: [[64, 32], [128]] }],
    ['name=a=b', { name: ['a=b'] }],
  ])('%s', (text, additions) => expect(readAddition(text, {})).toEqual(additions));

  test('repeated for one parameter, the values add up', () => {
    expect(readAddition('latent=16', readAddition('latent=4', { noise: [0] }))).toEqual({
      noise: [0],
      latent: [4, 16],
    });
  });

  test.each(['latent', '=4', 'latent=', ''])('%j is refused', (text) => {
    expect(() => readAddition(text, {})).toThrow(/such as latent=4,16/);
  });
});

test('others can reach the coordinator only where that was asked for', () => {
  expect(hostOf({})).toBe('127.0.0.1');
  expect(hostOf({ lan: true })).toBe('0.0.0.0');
  expect(hostOf({ lan: true, host: '192.168.1.20' })).toBe('192.168.1.20');
});

test('what the coordinator alone understands is handed on, folders and files whole', () => {
  expect(coordinatorArguments({})).toEqual([]);
  expect(
    coordinatorArguments({ tls: true, tlsCert: '/a.pem', cifarDir: '/c', fashionDir: '/f', logLevel: 'debug' }),
  ).toEqual(['--tls', '--tls-cert', '/a.pem', '--cifar-dir', '/c', '--fashion-dir', '/f', '--log-level', 'debug']);
  expect(coordinatorArguments({ tlsKey: 'key.pem' })).toEqual(['--tls-key', resolve('key.pem')]);
});
