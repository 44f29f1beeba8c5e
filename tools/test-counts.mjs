/**
 * Passed and failed tests in vitest's JSON report.
 *
 * A file that failed outside its tests (an import, a hook) counts as one failed test, and so does a run that failed
 * otherwise: a failing exit code always counts.
 */
export function testCounts(json, exitCode) {
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(json)
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = report.numFailedTests + brokenFiles.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
