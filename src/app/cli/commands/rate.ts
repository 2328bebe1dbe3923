import { relative, resolve } from 'node:path';
import { builders, findRate, measureTraining } from '../../recipes/index.js';
import { type Command, integer, number } from '../command.js';

interface Options {
  readonly steps?: number;
  readonly from?: number;
  readonly to?: number;
}

export const command: Command<Options> = {
  name: 'rate',
  summary: 'Find a learning rate: train while all rates rise, and see where the loss falls and where it turns.',
  example: 'abovo rate demo --steps 100',
  arguments: [{ name: '[project]', description: 'project folder (default: here)' }],
  options: [
    { flags: '--steps <number>', description: 'steps of the sweep (default: 100)', parse: integer(20, 100_000) },
    {
      flags: '--from <factor>',
      description: 'first rates, as a factor of the planned ones (default: 0.001)',
      parse: number(1e-9, 1e9),
    },
    { flags: '--to <factor>', description: 'last rates (default: 30)', parse: number(1e-9, 1e9) },
  ],
  async run({ args, options, cwd, signal, print, onProgress }) {
    const sweep = await findRate(resolve(cwd, args[0] ?? '.'), {
      ...options,
      measure: measureTraining,
      builders,
      signal,
      onProgress,
    });
    const shown = (factor: number) => {
      const muon = sweep.muonLearningRate;
      const rates = [`learningRate ${(sweep.learningRate * factor).toPrecision(2)}`];
      if (muon !== undefined) rates.push(`muonLearningRate ${(muon * factor).toPrecision(2)}`);
      return `${factor.toPrecision(2)} times the planned rates: ${rates.join(', ')}`;
    };
    print(`The loss falls fastest at ${shown(sweep.steepest)}`);
    print(`and is lowest at ${shown(sweep.lowest)}${sweep.diverged ? '; beyond, it diverges' : ''}.`);
    print(`To try: ${shown(sweep.suggestion)}`);
    print(`Curve: ${relative(cwd, sweep.page) || sweep.page}`);
    return { result: { ok: true, ...sweep } };
  },
};
