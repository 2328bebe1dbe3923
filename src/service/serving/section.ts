import { z } from 'zod';

/** The `serving` section of `abovo.yaml`. */
export const servingSection = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on; other machines reach 0.0.0.0, with API keys'),
    port: z.int().min(0).max(65_535).default(8080).describe('Port; 0 takes any free one'),
    device: z.enum(['cpu', 'webgpu']).default('cpu').describe('Where the model runs'),
    threads: z.int().min(1).max(1024).optional().describe('Threads of the engine; default: all cores'),
    maxSequences: z.int().min(1).max(256).default(8).describe('Answers written at once; others wait'),
    maxQueue: z.int().min(0).max(100_000).default(256).describe('Answers that may wait; beyond it requests get 503'),
    graceSeconds: z.number().min(0).max(3600).default(30).describe('Time that requests in flight have at a shutdown'),
    apiKeys: z
      .array(
        z.union([
          z.strictObject({
            name: z.string().min(1),
            sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the key, 64 hex digits'),
          }),
          z.strictObject({
            name: z.string().min(1),
            env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable'),
          }),
        ]),
      )
      .default([])
      .describe('Keys that may use the API: the SHA-256 of each, or the environment variable that holds it'),
    log: z
      .strictObject({
        content: z.boolean().default(false).describe('Put prompts and answers into the event log'),
        fsync: z
          .enum(['always', 'interval', 'never'])
          .default('interval')
          .describe('When events are forced to the disk'),
        maxSegmentBytes: z.int().min(10_000).default(64_000_000).describe('Size at which a log segment is closed'),
      })
      .prefault({}),
  })
  .describe('How the finished model is served');

export type ServingConfig = z.infer<typeof servingSection>;
