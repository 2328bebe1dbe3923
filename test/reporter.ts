import type { Reporter, TestModule } from 'vitest/node';

/** Prints the closing line `N passed, N failed, N skipped` and, per skipped test, its reason. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      if (module.state() === 'failed' && module.children.size === 0) failed++;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else if (state === 'skipped') {
          skipped++;
          const note = test.result() as { note?: string };
          console.log(`skipped: ${test.fullName}: ${note.note ?? 'no reason given'}`);
        }
      }
    }
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    // A skip hides a missing part: where everything must be present, it counts as a failure.
    if (process.env.CI && skipped > 0) {
      console.log('In CI nothing may be skipped.');
      process.exitCode = 1;
    }
  }
}

export { ClosingLine as default };
