/**
 * Counts tests in a stream of TAP. tap counts assertions; a reader wants to know how many promises hold. So a `test` without tests inside
 * it is one.
 */

/** @param {import('tap-parser').Parser} level counts what happens in one level of TAP and all below it */
export function follow(level) {
  const counts = { passed: 0, failed: 0, tests: 0, ownFailures: 0, failures: [] };
  let subtest;
  level.on('child', (child) => {
    subtest = follow(child);
  });
  level.on('assert', (result) => {
    const ended = subtest;
    subtest = undefined;
    if (ended === undefined) {
      if (result.ok) return;
      counts.ownFailures += 1;
      counts.failures.push({ path: [result.name], result });
      return;
    }
    counts.tests += 1;
    counts.passed += ended.passed;
    counts.failed += ended.failed;
    if (ended.tests === 0 && result.ok) counts.passed += 1;
    // A test with tests inside fails on its own account when it times out or throws.
    else if (!result.ok && (ended.failed === 0 || ended.ownFailures > 0)) counts.failed += 1;
    if (!result.ok && ended.failures.length === 0) ended.failures.push({ path: [], result });
    counts.failures.push(...ended.failures.map((one) => ({ ...one, path: [result.name, ...one.path] })));
  });
  return counts;
}

/** A failure in plain lines: where it is, and everything that is known about it. */
export function describe({ path: names, result }) {
  const details = Object.entries(result.diag ?? {}).map(([key, value]) => {
    const text = textOf(value);
    return text.includes('\n') ? `${key}:\n${indent(text, 2)}` : `${key}: ${text}`;
  });
  return indent([`not ok: ${names.join(' › ')}`, ...details.map((text) => indent(text, 2))].join('\n'), 6);
}

function textOf(value) {
  if (typeof value === 'string') return value.trimEnd();
  const { fileName, lineNumber, columnNumber } = value ?? {};
  return fileName === undefined
    ? JSON.stringify(value, null, 2)
    : `${fileName}:${lineNumber}:${columnNumber}`;
}

export function indent(text, columns) {
  return text.replace(/^(?=.)/gm, ' '.repeat(columns));
}
