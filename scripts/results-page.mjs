/** The page over a folder of results: what was run by which command, on what, how long, and where its report is. */

/** `runs`: one for each sweep, as `reproduce.mjs` notes them. Returns Markdown. */
export function resultsPage({ quick, runs }) {
  const what = quick
    ? 'Small versions of the sweeps in `sweeps/`: they show that everything runs, and their figures mean nothing.'
    : 'What the sweeps in `sweeps/` give at full size: every figure was recomputed by the evaluator from the stored weights.';
  return [
    '# Results',
    '',
    `${what} Reports are single HTML files (download one and open it); the CSV beside each has every verified trial.`,
    '',
    '| sweep | report | figures | verified trials | from first to last | training time, summed |',
    '| --- | --- | --- | --- | --- | --- |',
    ...runs.map(
      ({ name, trials, spanMs, trainingMs }) =>
        `| ${name} | [${name}.html](${name}.html) | [${name}.csv](${name}.csv) | ${trials} | ${duration(spanMs)} | ${duration(trainingMs)} |`,
    ),
    '',
    'From first to last counts all time between submitting and the last verified trial, pauses too.',
    '',
    ...grounds(runs),
    '',
  ].join('\n');
}

/** The commands and machines, each said once. */
function grounds(runs) {
  const said = runs.map(({ name, command, node, cpu, memoryBytes, finishedAt }) => {
    const day = finishedAt === null ? 'unfinished' : new Date(finishedAt).toISOString().slice(0, 10);
    return { name, line: `\`${command}\` on ${cpu}, ${Math.round(memoryBytes / 2 ** 30)} GiB, Node ${node}, ${day}` };
  });
  const lines = [...new Set(said.map(({ line }) => line))];
  return lines.map((line) => {
    const names = said.flatMap((one) => (one.line === line ? [one.name] : []));
    return `- ${names.join(', ')}: ${line}`;
  });
}

/** `3 h 20 min`, `4 min`, `12 s`. */
function duration(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
