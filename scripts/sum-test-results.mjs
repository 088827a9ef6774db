/**
 * Adds up Jest's JSON results and prints `N passed, N failed, N skipped`.
 * Usage: sum-test-results.mjs FAILED_STEPS FILE...; a step that failed outside Jest counts as one failure.
 */
import { readFileSync } from 'node:fs';

const [, , failedSteps = '0', ...files] = process.argv;
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  total.skipped += result.numPendingTests + result.numTodoTests;
}
if (Number(failedSteps) > 0 && total.failed === 0) total.failed = 1;
if (files.length === 0 || total.passed === 0) total.failed = Math.max(1, total.failed);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
