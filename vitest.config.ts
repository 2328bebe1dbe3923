import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Chromium brings a Vulkan driver that runs on the CPU, and the loader: the WebGPU tests then need no GPU.
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(driver) && !existsSync('/dev/dri') && !process.env.VK_DRIVER_FILES) {
  process.env.VK_DRIVER_FILES = driver;
  process.env.LD_LIBRARY_PATH = ['/usr/lib/chromium', process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Judges a model of 100 MB that no checkout has; it runs where it is given.
    exclude: ['**/node_modules/**', ...(process.env.ABOVO_SMOLLM2 ? [] : ['src/model/exchange/gguf/smollm2.test.ts'])],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: process.env.CI ? ['default', './test/reporter.ts'] : ['default', './test/reporter.ts'],
  },
});
