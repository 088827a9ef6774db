/** Lints docker/Dockerfile and docker/compose.yml; a warning fails too. No Docker engine is needed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DCLinter } from 'dclint';
import { validate, ValidationSeverity } from 'dockerfile-utils';

const dockerfile = fileURLToPath(new URL('../docker/Dockerfile', import.meta.url));
const compose = fileURLToPath(new URL('../docker/compose.yml', import.meta.url));

let problems = 0;
const report = (file, line, message) => {
  problems += 1;
  console.error(`${file}:${line}: ${message}`);
};

for (const { range, message, severity } of validate(readFileSync(dockerfile, 'utf8'))) {
  if (severity === ValidationSeverity.ERROR || severity === ValidationSeverity.WARNING)
    report(dockerfile, range.start.line + 1, message);
}

const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
for (const { messages } of await linter.lintFiles([compose], false)) {
  for (const { line, message, rule } of messages) report(compose, line, `${message} (${rule})`);
}

console.log(`docker: ${problems} problems in Dockerfile and compose.yml`);
process.exitCode = problems === 0 ? 0 : 1;
