import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type DatasetManifest, knownDatasets } from './manifest.ts';
import { readSweep } from './read-sweep.ts';
import { sweepLimits } from './sweep-limits.ts';
import { type Path, refuse, type SweepResult } from './sweep-refusal.ts';

/**
 * Reads a sweep file. Any text gives a sweep or a refusal with a stable code; nothing throws. `datasets`: those that it may
 * name, which a coordinator knows.
 */
export function parseSweep(yamlText: string, datasets: readonly DatasetManifest[] = knownDatasets): SweepResult {
  if (yamlText.length > sweepLimits.textCharsMax) {
    return refuse(
      'E_SWEEP_TOO_LARGE',
      `The sweep file is ${yamlText.length} characters, at most ${sweepLimits.textCharsMax} are read`,
    );
  }
  const lines = new LineCounter();
  let document: Document;
  let value: unknown;
  try {
    document = parseDocument(yamlText, { lineCounter: lines, prettyErrors: true, logLevel: 'error' });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) return refuse('E_SWEEP_YAML', yamlProblem(problem));
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return refuse(
      'E_SWEEP_YAML',
      `The sweep file is no valid YAML: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
  return readSweep(value, { datasets, locate: (path) => lineOf(document, lines, path) });
}

/** The library's first line without its own `at line 3, column 5:`, which the prefix already says. */
function yamlProblem({ message, linePos }: YAMLError): string {
  const line = linePos === undefined ? '' : `line ${linePos[0].line}: `;
  const reason = (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
  return `${line}the sweep file is no valid YAML: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** The line of the deepest node on the path that the file has; for a key, the line the key itself stands on. */
function lineOf(document: Document, lines: LineCounter, path: Path): string {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else {
      const items: unknown[] =
        typeof node === 'object' && node !== null && 'items' in node ? (node.items as unknown[]) : [];
      node = items[Number(part)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    }
  }
  return offset === undefined ? '' : `line ${lines.linePos(offset).line}: `;
}
